// When two load generators agree: paired differences and their verdict.
import assert from "node:assert/strict";
import { test } from "node:test";
import { agreement, agreementTable, type Figures } from "../../bench/aiperf/agreement.ts";
import { thisMachine } from "../../bench/lib/machine.ts";

const THEIRS: Figures = { ttftMs: 100, tpotMs: 8, gapMs: 8, outputTokensPerSecond: 200 };
const scaled = (by: number): Figures => ({ ...THEIRS, ttftMs: THEIRS.ttftMs * by });
const pairs = (factors: readonly number[]) => factors.map((by) => ({ ours: scaled(by), theirs: THEIRS }));

test("figures agree when the interval of the difference is within 3 %, whichever side it is on", () => {
  const verdict = (factors: readonly number[]) => agreement(pairs(factors))[0]?.verdict;
  assert.equal(verdict([1.01, 0.99, 1.02, 0.98, 1, 1.01]), "met");
  assert.equal(verdict([1.05, 0.94, 1.06, 0.95, 1.04, 1.07]), "missed");
  assert.equal(verdict([1.05, 1, 1, 1, 1, 1]), "unresolved");
  assert.equal(verdict([1, 1]), "unresolved");
});

test("the table shows both, the difference and the verdict", () => {
  const given = pairs([1.01, 0.99, 1.02, 0.98, 1, 1.01]);
  const workload = { requests: 8, concurrency: 2, inputTokens: 16, outputTokens: 4 };
  const table = agreementTable({ machine: thisMachine(), workload, pairs: given, judged: agreement(given) });
  assert.match(table, /6 rounds of 8 requests, 2 at a time, 16 tokens in, 4 out\.\nA first token also waits for/);
  assert.match(
    table,
    /\| TTFT p50, ms \| 100\.50 \| 100\.00 \| \+0\.50 \| −2\.00 … \+2\.00 \| 2\.00 \| \*\*met\*\* \|/,
  );
});

test("the text says what was compared: requests alone, or with others beside them", () => {
  const text = (concurrency: number): string => {
    const workload = { requests: 8, concurrency, inputTokens: 16, outputTokens: 4 };
    return agreementTable({ machine: thisMachine(), workload, pairs: pairs([1]), judged: agreement(pairs([1])) });
  };
  assert.match(text(1), /1 at a time, 16 tokens in, 4 out\.\nOne at a time for both tools/);
  assert.doesNotMatch(text(2), /One at a time/);
});
