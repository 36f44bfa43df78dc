// The ledger: whatever order a leg's calls come in, the counts return to zero and never go below.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type LoadEntry, loadLedger, type WorkerLoad } from "../../src/fleet/index.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("begin" as const), prompt: fc.nat(1000), cached: fc.nat(1200) }),
  fc.record({ kind: fc.constantFrom("firstToken" as const, "tokens" as const, "end" as const), which: fc.nat(20) }),
);

function figures({
  answerAges = [],
  answers = [],
  otherAges: _none,
  tokensPerCount: _one,
  ...rest
}: WorkerLoad): number[] {
  return [...Object.values(rest), ...Array.from(answerAges), answers.length];
}

test("counts are never negative and return to zero", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = loadLedger();
      const open: LoadEntry[] = [];
      for (const one of steps) {
        if (one.kind === "begin") open.push(ledger.begin({ promptTokens: one.prompt, cachedTokens: one.cached }));
        else if (one.kind === "tokens") open[one.which % Math.max(1, open.length)]?.tokens(3);
        else if (one.kind === "firstToken") open[one.which % Math.max(1, open.length)]?.firstToken(7);
        else open[one.which % Math.max(1, open.length)]?.end();
        assert.ok(figures(ledger.load).every((value) => value >= 0));
        const ages = Array.from(ledger.load.answerAges ?? []);
        assert.equal(
          ages.reduce((sum, count) => sum + count, 0),
          ledger.load.decodeRequests,
        );
        assert.equal(new Set(ledger.load.answers).size, ledger.load.decodeRequests);
      }
      for (const entry of open) entry.end();
      assert.ok(
        figures(ledger.load).every((value) => value === 0),
        JSON.stringify(ledger.load),
      );
    }),
  );
});

test("a scrape shows what is on the worker beside ours", () => {
  const ledger = loadLedger();
  ledger.begin({ promptTokens: 100, cachedTokens: 0 });
  ledger.correct(5);
  assert.equal(ledger.load.foreignRequests, 4);
  ledger.correct(0);
  assert.equal(ledger.load.foreignRequests, 0);
});

test("the running answers are told with when they began and what they got, until they end", () => {
  const ledger = loadLedger();
  const entries = [0, 1, 2].map(() => ledger.begin({ promptTokens: 100, cachedTokens: 0 }));
  for (const [i, entry] of entries.entries()) {
    entry.firstToken(10 * i);
    entry.tokens(i + 1);
  }
  ledger.begin({ promptTokens: 0, cachedTokens: 0 }).firstToken(undefined);
  entries[0]?.end();
  const told = (ledger.total.answers ?? []).map(({ startedAt, tokenCount }) => [startedAt, tokenCount]);
  assert.deepEqual(
    told.toSorted(([a = 0], [b = 0]) => a - b),
    [
      [10, 2],
      [20, 3],
    ],
  );
  assert.equal(ledger.load.decodeRequests, 3, "nobody waits for the tokens of the fourth, so it is none of them");
});

test("what an event of an answer stands for is learnt from the usage of those that have ended", () => {
  const ledger = loadLedger();
  const answer = (events: number, tokens?: number): void => {
    const entry = ledger.begin({ promptTokens: 10, cachedTokens: 0 });
    entry.firstToken(0);
    for (let i = 0; i < events; i++) entry.tokens(1);
    entry.end(tokens);
  };
  for (let i = 0; i < 40; i++) answer(20);
  assert.equal(ledger.total.tokensPerCount, 1, "not told");
  for (let i = 0; i < 40; i++) answer(1, 500);
  assert.equal(ledger.total.tokensPerCount, 1, "too short to tell");
  for (let i = 0; i < 60; i++) answer(20, 80);
  assert.ok(Math.abs((ledger.total.tokensPerCount ?? 0) - 4) < 0.1, String(ledger.total.tokensPerCount));
});
