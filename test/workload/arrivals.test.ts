// Arrival processes: mean rate and spread are what their names say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";
import { type ArrivalProcess, arrivalTimes } from "../../src/workload/index.ts";

/** Mean gap in ms and squared coefficient of variation. */
function gaps(process: ArrivalProcess): { mean: number; variation: number } {
  const times = arrivalTimes(process, 50_000, seededRandom(5));
  const list = Array.from(times.subarray(1), (at, i) => at - (times[i] ?? 0));
  const mean = list.reduce((sum, one) => sum + one, 0) / list.length;
  const variance = list.reduce((sum, one) => sum + (one - mean) ** 2, 0) / list.length;
  return { mean, variation: variance / mean ** 2 };
}

const near = (found: number, wanted: number): void =>
  assert.ok(Math.abs(found / wanted - 1) < 0.06, `${found} is not about ${wanted}`);

test("Poisson gaps have the stated mean and variation 1", () => {
  const { mean, variation } = gaps({ kind: "poisson", ratePerSecond: 20 });
  near(mean, 50);
  near(variation, 1);
});

test("gamma gaps have variation 1 ÷ burstiness, also below 1", () => {
  near(gaps({ kind: "gamma", ratePerSecond: 20, burstiness: 4 }).variation, 0.25);
  const bursty = gaps({ kind: "gamma", ratePerSecond: 20, burstiness: 0.5 });
  near(bursty.mean, 50);
  near(bursty.variation, 2);
});

test("constant gaps do not vary", () => {
  assert.deepEqual([...arrivalTimes({ kind: "constant", ratePerSecond: 4 }, 3, seededRandom(1))], [0, 250, 500]);
});
