// The watch over the legs: what counts, what fires, what it says, and what both arms share.
import assert from "node:assert/strict";
import { test } from "node:test";
import { legCounter, measuredBaseline, ttftThreshold, watchMeters } from "../../../src/migration/index.ts";
import { type Random, seededRandom } from "../../../src/core/index.ts";
import type { RollbackDesign } from "../../../src/migration/rollback/design.ts";
import { type ArmCounts, type Interval, NO_COUNTS } from "../../../src/migration/rollback/evidence.ts";
import type { ArmLegClass } from "../../../src/gateway/index.ts";
import type { LegOutcome } from "../../../src/migration/rollback/leg-outcome.ts";
import { freshWatch, rearmedWatch, watch } from "../../../src/migration/rollback/watch.ts";
import { badRequests, design } from "./simulation.ts";

const leg = (fields: Partial<LegOutcome>): LegOutcome => ({
  arm: "candidate",
  at: 0,
  class: "ok",
  ttftMs: 50,
  ...fields,
});
const counter = (workers = 1) => legCounter({ windowSize: 30, ttftThresholdMs: () => 1000, workers: () => workers });

test("the TTFT threshold is the smaller of twice the baseline and the capped SLO; both are shown", () => {
  assert.deepEqual(ttftThreshold({}), {
    thresholdMs: 1000,
    baselineMs: 500,
    baselineFrom: "seed-default",
    fromBaselineMs: 1000,
  });
  const capped = ttftThreshold({ baselineMs: 400, sloMs: 500 });
  assert.deepEqual([capped.thresholdMs, capped.fromBaselineMs, capped.fromSloMs], [500, 800, 500]);
  assert.equal(ttftThreshold({ baselineMs: 100, sloMs: 500, cap: 2 }).thresholdMs, 200);
  assert.equal(measuredBaseline(Array.from({ length: 999 }, () => 5)), undefined);
  assert.equal(measuredBaseline(Array.from({ length: 1000 }, (_, i) => i + 1)), 996);
});

test("windows count every failed leg, leave out what the client ended, and take a missing first token for no proof of speed", () => {
  const legs = counter();
  const classes: readonly ArmLegClass[] = ["backend-5xx", "protocol", "overload-429", "timeout", "refused"];
  for (const one of classes) assert.equal(legs.note(leg({ class: one })), undefined);
  for (let i = 0; i < 40; i++) legs.note(leg({ class: i % 2 === 0 ? "client-cancel" : "client-4xx" }));
  for (let i = 0; i < 24; i++) assert.equal(legs.note(leg({}))?.windows?.error, undefined);
  assert.deepEqual(legs.note(leg({}))?.windows, { error: [5], timeout: [1] });
  const { interval } = legs.endInterval(1);
  assert.ok(interval !== undefined);
  assert.deepEqual(interval.candidate, { requests: 30, errors: 5, timeouts: 1, ttfts: 70, slow: 0, rejected: 20 });
  assert.deepEqual(legs.endInterval(2).interval, { legacy: NO_COUNTS, candidate: NO_COUNTS });
});

test("a request that waited too long for a token that never came is slow", () => {
  const legs = counter();
  const { ttftMs: _, ...silent } = leg({ class: "client-cancel", waitedMs: 1500 });
  legs.note(silent);
  legs.note({ ...silent, waitedMs: 20 });
  legs.note({ ...silent, class: "timeout", waitedMs: 20 });
  const counts = legs.endInterval(0).interval?.candidate;
  assert.deepEqual([counts?.ttfts, counts?.slow], [2, 2]);
});

test("the breaker needs 20 failures in a row over 15 s and two workers, or 3 refusals, or 2 failed probes", () => {
  const wide = counter(3);
  let fired: string | undefined;
  for (let i = 0; i < 25; i++) {
    fired ??= wide.note(leg({ class: "backend-5xx", at: i * 1000, worker: `w${i % 2}` }))?.breaker;
    assert.equal(fired === undefined, i < 19, `failure ${i + 1}`);
  }
  assert.equal(fired, "breaker: 20 requests in a row failed over 19 s");
  const oneWorker = counter(3);
  for (let i = 0; i < 60; i++) oneWorker.note(leg({ class: "backend-5xx", at: i * 1000, worker: "w0" }));
  assert.equal(oneWorker.endInterval(99_000).breaker, undefined, "one bad worker of three is the fleet's affair");
  const refused = counter();
  refused.note(leg({ class: "refused" }));
  refused.note(leg({}));
  refused.note(leg({ class: "refused" }));
  assert.equal(refused.note(leg({ class: "refused" }))?.breaker, undefined);
  assert.equal(refused.note(leg({ class: "refused" }))?.breaker, "breaker: 3 connections in a row were refused");
  const probed = counter();
  assert.equal(probed.noteProbe(false, 0), undefined);
  assert.equal(probed.noteProbe(false, 1)?.breaker, "breaker: 2 active probes in a row failed");
});

test("a total outage fires with the seed's words and the rate since it began", () => {
  let { state } = watch(design, freshWatch(design), { windows: { error: Array.from({ length: 500 }, () => 0) } });
  const reasons: string[] = [];
  for (let i = 0; i < 9 && reasons.length === 0; i++) {
    const next = watch(design, state, { windows: { error: [30] } });
    state = next.state;
    reasons.push(...next.reasons);
  }
  assert.deepEqual(reasons, ["Error rate 100.0% > 1%"]);
  const meter = watchMeters(design, state).triggers[0];
  assert.ok(meter?.fired === true && meter.way === 1 && meter.bad === meter.requests - 15_000);
  const rearmed = watchMeters(design, rearmedWatch(design, state)).triggers[0];
  assert.ok(rearmed !== undefined && !rearmed.fired && rearmed.budgetSpent === meter.budgetSpent);
});

test("fixedWindow decides as the seed does, but silence is not health", () => {
  const fixed: RollbackDesign = { ...design, detector: "fixedWindow" };
  const says = (candidate: Partial<ArmCounts>, ttftP99Ms = 100) =>
    watch(fixed, freshWatch(fixed), {
      interval: { legacy: NO_COUNTS, candidate: { ...NO_COUNTS, ...candidate }, ttftP99Ms },
    }).reasons;
  assert.deepEqual(says({ requests: 30, errors: 1 }), ["Error rate 3.3% > 1%"]);
  assert.deepEqual(says({ requests: 300, errors: 3 }), []);
  assert.deepEqual(says({ requests: 300, timeouts: 30 }, 1200.5), [
    "TTFT 1200.5ms > 2x baseline",
    "Timeout rate 10.0% > 5%",
  ]);
  assert.deepEqual(says({}), []);
});

/** Check intervals of 30 s at 100 requests/s with this candidate share; `burst` is shared by both arms. */
function intervals(
  n: number,
  share: number,
  draw: { random: Random; legacy: number; candidate: number; burst: number },
) {
  const { random, burst } = draw;
  const common = badRequests(random, draw.legacy, burst);
  return Array.from({ length: n }, (): Interval => {
    const total = { legacy: { requests: 0, errors: 0 }, candidate: { requests: 0, errors: 0 } };
    for (let i = 0; i < 3000; i++) {
      const arm = total[random.next() < share ? "candidate" : "legacy"];
      arm.requests++;
      arm.errors += common(1);
      if (arm === total.candidate && random.next() < draw.candidate - draw.legacy) arm.errors++;
    }
    return { legacy: { ...NO_COUNTS, ...total.legacy }, candidate: { ...NO_COUNTS, ...total.candidate } };
  });
}

function firstAlarm(list: readonly Interval[]): { at: number; reasons: readonly string[] } | undefined {
  let state = freshWatch(design);
  for (const [at, interval] of list.entries()) {
    const next = watch(design, state, { interval });
    state = next.state;
    if (next.reasons.length > 0) return { at, reasons: next.reasons };
  }
  return undefined;
}

test("bursts common to both arms do not roll back, at any share", () => {
  for (const share of [0.01, 0.1, 0.5]) {
    const random = seededRandom(`common ${share}`);
    const list = intervals(120, share, { random, legacy: 0.03, candidate: 0.03, burst: 40 });
    assert.equal(firstAlarm(list), undefined, `share ${share}`);
  }
});

test("harm of the candidate alone is found against the legacy arm", () => {
  for (const [share, most] of [
    [0.01, 40],
    [0.1, 12],
    [0.5, 30],
  ] as const) {
    const random = seededRandom(`harm ${share}`);
    const found = firstAlarm(intervals(60, share, { random, legacy: 0.001, candidate: 0.05, burst: 1 }));
    assert.ok(found !== undefined && found.at <= most, `share ${share}: ${JSON.stringify(found)}`);
    assert.match(found.reasons[0] ?? "", /^Errors \d/);
  }
});

test("relative harm below the tolerated rate is no reason to roll back", () => {
  const random = seededRandom("below");
  assert.equal(firstAlarm(intervals(60, 0.1, { random, legacy: 0.0002, candidate: 0.004, burst: 1 })), undefined);
});
