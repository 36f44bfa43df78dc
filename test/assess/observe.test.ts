// Pages → observations: windows, counters since the start, restarts, rates, P99 intervals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { observe, readSnapshot } from "../../src/assess/index.ts";
import { p99Of } from "../../src/assess/latency.ts";
import { page } from "./pages.ts";

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

test("a short window takes distributions since the server started, gauges from the window", () => {
  const started = NOW / 1000 - 90_000;
  const seen = observe(
    [
      readSnapshot(page({ ttft: { "0.25": 500 }, waiting: 0, started }), NOW),
      readSnapshot(page({ ttft: { "0.25": 520 }, waiting: 4, started }), NOW + 10_000),
      readSnapshot(page({ ttft: { "0.25": 600 }, waiting: 2, started }), NOW + 20_000),
    ],
    { source: "x" },
  );
  assert.equal(seen?.spanSeconds, 90_020);
  assert.equal(seen?.ttft?.count, 600);
  assert.deepEqual(seen?.waiting, { mean: 2, max: 4, samples: 3 });
  assert.deepEqual(seen?.rate, { mean: 5, max: 8, samples: 2 });
});

test("few requests between readings say nothing of bursts", () => {
  const pages = [0, 1, 20, 21].map((count, i) => readSnapshot(page({ ttft: { "0.25": count } }), NOW + i * 1000));
  assert.equal(observe(pages, { source: "x" })?.rate, undefined);
});

test("a window of a day stands for itself, and a restart does not make counts negative", () => {
  const pages = [1000, 1400, 50].map((count, i) => readSnapshot(page({ ttft: { "0.25": count } }), NOW + i * DAY));
  const two = observe(pages.slice(0, 2), { source: "x" });
  assert.deepEqual([two?.spanSeconds, two?.ttft?.count, two?.requests], [86_400, 400, 400]);
  const three = observe(pages, { source: "x" });
  assert.deepEqual([three?.ttft?.count, three?.requests], [450, 450]);
});

test("readings count by their time, in whatever order they are named", () => {
  const pages = [0, 1].map((day) => readSnapshot(page({ ttft: { "0.25": 1000 + 400 * day } }), NOW + day * DAY));
  const [forth, back] = [pages, pages.toReversed()].map((list) => observe(list, { source: "x" }));
  assert.deepEqual(back, forth);
  assert.equal(back?.spanSeconds, 86_400);
});

test("a restart in the window is told by the process's own start, or by any bucket that went back", () => {
  const of = (ttft: Readonly<Record<string, number>>, day: number, started?: number) =>
    readSnapshot(page({ ttft, ...(started === undefined ? {} : { started }) }), NOW + day * DAY);
  const start = NOW / 1000 - 100;
  // Counted past the old figure since it came back: 500 of them are new, and none is the old process's.
  const grown = observe([of({ "0.25": 400 }, 0, start), of({ "0.25": 500 }, 1, start + 90_000)], { source: "x" });
  assert.deepEqual([grown?.ttft?.count, grown?.requests], [500, 500]);
  const other = observe([of({ "0.25": 400, "0.5": 0 }, 0), of({ "0.25": 10, "0.5": 490 }, 1)], { source: "x" });
  assert.deepEqual(other?.ttft?.counts, [10, 500, 500]);
  assert.ok((p99Of(other?.ttft)?.low ?? 0) > 0);
});

test("GPU utilisation is DCGM's, as a share", () => {
  const gpus = 'DCGM_FI_DEV_GPU_UTIL{gpu="0"} 80\nDCGM_FI_DEV_GPU_UTIL{gpu="1"} 60\n';
  const seen = observe([readSnapshot(page({ ttft: {} }), NOW, gpus)], { source: "x" });
  assert.deepEqual(seen?.gpuUtilization, { mean: 0.7, source: "DCGM", standIn: false });
});

test("P99: the buckets its order statistics lie in, nothing below 299 samples", () => {
  const edges = [0.25, 0.5, 0.75, Infinity];
  const of = (counts: readonly number[]) => p99Of({ edges, counts, sum: 0, count: counts.at(-1) ?? 0 });
  assert.equal(of([298, 298, 298, 298]), undefined);
  assert.deepEqual(of([1000, 1000, 1000, 1000]), { low: 0, high: 250, samples: 1000, estimate: 247.5 });
  // 1 % beyond 500 ms: rank 983…997 of 1000 covers both sides of the edge.
  const edge = of([900, 990, 1000, 1000]);
  assert.deepEqual([edge?.low, edge?.high, edge?.estimate], [250, 750, 500]);
  assert.equal(of([900, 900, 900, 1000])?.high, Infinity);
  assert.deepEqual([of([0, 0, 1e6, 1e6])?.low, of([0, 0, 1e6, 1e6])?.high], [500, 750]);
});
