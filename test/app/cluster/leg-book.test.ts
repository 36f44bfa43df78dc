// Counts of several gateways at whoever leads: each is counted once, however old the reports are that a leader sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, boolean, constantFrom, integer, nat, property, record } from "fast-check";
import { legBook, type LegReport, type Taken, takeReports } from "../../../src/app/migration/team/leg-book.ts";
import { decodeRecord, decodeReport, encodeRecord } from "../../../src/app/migration/team/plan-record.ts";
import { type ArmCounts, initialState, makePlan, NO_COUNTS } from "../../../src/migration/index.ts";

const counts = (requests: number): ArmCounts => ({ ...NO_COUNTS, requests });

test("whatever is reported late, taken by one leader or the next, counts once", () => {
  const step = record({
    gateway: integer({ min: 0, max: 2 }),
    requests: nat({ max: 9 }),
    bad: nat({ max: 3 }),
    isPublished: boolean(),
    take: constantFrom("nothing", "windows", "all"),
    leads: integer({ min: 0, max: 2 }),
  });
  check(
    property(array(step, { maxLength: 60 }), (steps) => {
      const books = [legBook(), legBook(), legBook()];
      const published = new Map<string, LegReport>();
      let taken: Taken = {};
      let seen = 0;
      const windows: unknown[] = [];
      const take = (leads: number, withIntervals: boolean): void => {
        const reports = new Map([...published, [`g${leads}`, books[leads]?.report() ?? books[0]?.report()]]) as Map<
          string,
          LegReport
        >;
        const found = takeReports({ reports, taken, seq: 1, withIntervals });
        // As it travels with the plan's record to the next leader.
        taken = JSON.parse(JSON.stringify(found.taken)) as Taken;
        const interval = found.evidence.interval;
        seen += (interval?.candidate.requests ?? 0) + (interval?.legacy.requests ?? 0);
        windows.push(...(found.evidence.windows?.error ?? []));
      };
      for (const { gateway, requests, bad, isPublished, take: what, leads } of steps) {
        const interval = { legacy: counts(requests), candidate: counts(1) };
        books[gateway]?.add({ interval, windows: { error: [bad] } }, 1);
        const report = books[gateway]?.report();
        if (isPublished && report) published.set(`g${gateway}`, decodeReport(JSON.stringify(report)) ?? report);
        if (what !== "nothing") take(leads, what === "all");
      }
      for (const [i, book] of books.entries()) published.set(`g${i}`, book.report());
      take(0, true);
      assert.equal(
        seen,
        steps.reduce((sum, { requests }) => sum + requests + 1, 0),
      );
      assert.deepEqual(windows.map(String).toSorted(), steps.map(({ bad }) => String(bad)).toSorted());
    }),
  );
});

test("a wish to go back counts only at the weight it was made at", () => {
  const book = legBook();
  book.add({ breaker: "broken" }, 4);
  const reports = new Map([["g", book.report()]]);
  const at = (seq: number) => takeReports({ reports, taken: {}, seq, withIntervals: false }).evidence;
  assert.deepEqual(at(4), { breaker: "broken" });
  assert.deepEqual(at(5), {});
});

test("a record of another plan or another format, and a damaged report, are none", () => {
  const state = initialState(makePlan({ name: "move" }), 0);
  const text = encodeRecord({ state, taken: {} });
  assert.deepEqual(decodeRecord(text, "move")?.state.phase, "draft");
  assert.equal(decodeRecord(text, "other"), undefined);
  assert.equal(decodeRecord(text.replace('"format":1', '"format":2'), "move"), undefined);
  assert.equal(decodeRecord(text.slice(1), "move"), undefined);
  assert.equal(decodeRecord(undefined, "move"), undefined);
  assert.equal(decodeReport('{"intervals":1}'), undefined);
});
