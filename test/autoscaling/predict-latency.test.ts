// The prediction against what it is derived from: queues of one server, chance drawn many times, pools of several workers.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { predictLatency } from "../../src/autoscaling/index.ts";
import { answerShape } from "../../src/autoscaling/answer-shape.ts";
import { sojournP99 } from "../../src/autoscaling/erlang.ts";
import { gapP99 } from "../../src/autoscaling/interruptions.ts";
import { percentileOf, seededRandom } from "../../src/core/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";

const WORKER = {
  role: "both",
  cost: stepCost(loadProfile("llama-3.1-70b-a100-tp4-bf16")),
  maxSequences: 256,
} as const;
const near = (value: number, wanted: number, share: number): void =>
  assert.ok(Math.abs(value / wanted - 1) < share, `${value}, not ${wanted}`);

test("one server: the time until a request is served is exponential with the mean service ÷ (1 − load)", () => {
  for (const busy of [0.1, 0.5, 0.9])
    near(sojournP99({ busy, serviceMs: 100, replicas: 1 }), (100 * Math.log(100)) / (1 - busy), 0.001);
});

test("several servers wait less, and never serve faster than an idle one", () => {
  const alone = 100 * Math.log(100);
  const with1to8 = [1, 2, 4, 8].map((replicas) => sojournP99({ busy: 0.7, serviceMs: 100, replicas }));
  for (const [i, one] of with1to8.entries()) assert.ok(one > alone && (i === 0 || one < (with1to8[i - 1] ?? 0)));
});

/** Answers of 100 tokens at 20 ms; prompts that take 100 ms on average, one each 200 ms among all workers. */
function drawnP99(replicas: number): number {
  const random = seededRandom("interruptions");
  const exponential = (mean: number): number => -mean * Math.log(1 - random.next());
  const gaps = Array.from({ length: 40_000 }, () => {
    let lengthMs = 2000;
    for (let at = exponential(200), came = 1; at < lengthMs; at += exponential(200), came++)
      if (came % replicas === 0) lengthMs += exponential(100);
    return lengthMs / 100;
  });
  return percentileOf(gaps, 99);
}

test("the mean gap that one answer of a hundred exceeds is that of forty thousand drawn ones, or somewhat more", () => {
  for (const replicas of [2, 4, 8]) {
    const prompts = { perMs: 1 / 200 / replicas, delayMs: 100, replicas, outputTokens: 100, shape: [1] };
    const [predicted, drawn] = [gapP99([20, 20, 20], prompts), drawnP99(replicas)];
    assert.ok(predicted > 0.98 * drawn && predicted < 1.1 * drawn, `${predicted}, not ${drawn}`);
  }
});

test("at the same load each, more workers are never slower", () => {
  const demand = { promptTokens: 1000, cachedTokens: 0, outputTokens: 200 };
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 3, noNaN: true }), fc.integer({ min: 1, max: 15 }), (rate, replicas) => {
      const of = (count: number) => predictLatency(WORKER, { ...demand, requestsPerSecond: rate }, count);
      const [fewer, more] = [of(replicas), of(replicas + 1)];
      assert.ok(more.ttftP99Ms <= fewer.ttftP99Ms + 0.5 && more.itlP99Ms <= fewer.itlP99Ms + 0.5);
    }),
  );
});

test("short answers suffer most: of two shapes with one mean the one with more of them is slower", () => {
  const even = answerShape(Array.from({ length: 64 }, () => 200));
  const mixed = answerShape(Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 20 : 380)));
  assert.deepEqual(mixed, [0.1, 0.1, 0.1, 0.1, 1.9, 1.9, 1.9, 1.9]);
  assert.equal(answerShape([200]), undefined, "one says nothing");
  const gap = (shape: readonly number[] | undefined): number => {
    const demand = { requestsPerSecond: 0.8, promptTokens: 1000, cachedTokens: 0, outputTokens: 200 };
    return predictLatency(WORKER, { ...demand, answerShape: shape }, 4).itlP99Ms;
  };
  assert.ok(gap(mixed) > 1.2 * gap(even), `${gap(mixed)} and ${gap(even)}`);
});
