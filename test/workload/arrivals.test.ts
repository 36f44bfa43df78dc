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

test("a daily wave has the stated mean, its trough at the start and its peak in the middle", () => {
  const process = { kind: "diurnal", ratePerSecond: 20, periodMs: 100_000, amplitude: 0.8 } as const;
  const times = arrivalTimes(process, 20_000, seededRandom(2));
  near((1000 * times.length) / (times.at(-1) ?? 0), 20);
  const inPart = (part: number): number =>
    times.filter((at) => Math.floor(((at % 100_000) / 100_000) * 10) === part).length;
  // The mean of 1 − 0.8·cos over the first tenth is .2516, over the sixth 1.7484.
  near(inPart(5) / inPart(0), 1.7484 / 0.2516);
});

test("bursts come at their factor, and the mean rate holds", () => {
  const process = { kind: "burst", ratePerSecond: 20, factor: 6, burstMs: 2000, everyMs: 10_000 } as const;
  const times = arrivalTimes(process, 40_000, seededRandom(2));
  near((1000 * times.length) / (times.at(-1) ?? 0), 20);
  const inBurst = times.filter((at) => at % 10_000 < 2000).length;
  near(inBurst / 2 / ((times.length - inBurst) / 8), 6);
});
