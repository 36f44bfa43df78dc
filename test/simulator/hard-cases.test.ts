// Where policies are known to collapse kv_aware does not; a rival that does shows that the cases are hard.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hardCases, type HardResult, runHardCase, WORKERS } from "../../bench/simulator/hard-cases.ts";

const settings = { noise: 0.1, stalenessMs: 100, seed: "hard" };
const [hotPrefix, coldWorker, herd] = hardCases(40);

function result(one: typeof hotPrefix, policy: string): HardResult {
  assert.ok(one);
  return runHardCase(one, { ...settings, policy });
}

test("a hot prefix is served by as many workers as it needs", () => {
  const { goodput, largestShare } = result(hotPrefix, "kv_aware");
  assert.ok(goodput > 0.97 && largestShare < 0.35, `${goodput} ${largestShare}`);
  assert.ok(result(hotPrefix, "llmd_sticky").goodput < 0.8);
});

test("a worker that joins with an empty cache is not flooded", () => {
  const { goodput, largestShare } = result(coldWorker, "kv_aware");
  assert.ok(goodput > 0.85 && largestShare < 3 / WORKERS, `${goodput} ${largestShare}`);
  assert.ok(result(coldWorker, "least_requests").largestShare > 0.6);
});

test("a herd between updates of the state spreads evenly", () => {
  const { goodput, largestShare } = result(herd, "kv_aware");
  assert.ok(goodput > 0.99 && largestShare < 1.2 / WORKERS, `${goodput} ${largestShare}`);
});
