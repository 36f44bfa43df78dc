// Residuals: a worker's speed factor and the agreement of cached tokens, from what really happened.
import assert from "node:assert/strict";
import { test } from "node:test";
import { residuals } from "../../src/routing/index.ts";

test("unknown is unknown: 1 as a factor, nothing as a figure, until five were seen", () => {
  const seen = residuals();
  for (let i = 0; i < 4; i++) seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: 150, tokens: 1000 });
  seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: undefined, tokens: 1000 });
  seen.ttft("w", { predictedMs: 0, slowdown: 1, observedMs: 10, tokens: 1000 });
  assert.equal(seen.slowdown("w"), 1);
  assert.equal(seen.of("w")?.ttftRatio, undefined);
  assert.equal(seen.of("other"), undefined);
  seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: 150, tokens: 1000 });
  assert.equal(seen.slowdown("w"), 1.5);
});

test("the median ignores outliers, and the factor in force is taken out", () => {
  const seen = residuals();
  for (let i = 0; i < 9; i++)
    seen.ttft("w", { predictedMs: 150, slowdown: 1.5, observedMs: i < 3 ? 9000 : 130, tokens: 10 });
  assert.ok(Math.abs(seen.slowdown("w") - 1.3) < 1e-12);
});

test("the factor stays between 0.5 and 2; the figure shows the truth", () => {
  const seen = residuals();
  for (let i = 0; i < 5; i++) seen.ttft("slow", { predictedMs: 10, slowdown: 1, observedMs: 100, tokens: 10 });
  for (let i = 0; i < 5; i++) seen.ttft("fast", { predictedMs: 100, slowdown: 1, observedMs: 10, tokens: 10 });
  assert.deepEqual([seen.slowdown("slow"), seen.slowdown("fast")], [2, 0.5]);
  assert.equal(seen.of("slow")?.ttftRatio, 10);
});

test("only the last 64 count", () => {
  const seen = residuals();
  for (let i = 0; i < 64; i++) seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: 180, tokens: 10 });
  for (let i = 0; i < 64; i++) seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: 90, tokens: 10 });
  assert.equal(seen.slowdown("w"), 0.9);
  assert.equal(seen.of("w")?.ttftObservations, 64);
});

test("short and long prefills are told apart where both are known", () => {
  const seen = residuals();
  for (let i = 0; i < 8; i++) seen.ttft("w", { predictedMs: 10, slowdown: 1, observedMs: 8, tokens: 100 });
  for (let i = 0; i < 8; i++) seen.ttft("w", { predictedMs: 100, slowdown: 1, observedMs: 120, tokens: 9000 });
  assert.deepEqual([seen.slowdown("w", 120), seen.slowdown("w", 10_000)], [0.8, 1.2]);
  assert.equal(seen.slowdown("w", 1), 1, "between the two, for sizes not yet seen");
});

test("cached tokens are compared by block, where the response tells", () => {
  const seen = residuals();
  seen.cache("w", { predictedTokens: 128, reportedTokens: 128, promptTokens: 170, blockSize: 16 });
  seen.cache("w", { predictedTokens: 64, reportedTokens: 96, promptTokens: 160, blockSize: 16 });
  seen.cache("w", { predictedTokens: 64, reportedTokens: 0, promptTokens: 160, blockSize: 16 });
  seen.cache("w", { predictedTokens: 64, reportedTokens: undefined, promptTokens: 160, blockSize: 16 });
  const { blocksCompared, blocksEqual, blocksMissing, blocksUnexpected, reports } = seen.of("w") ?? {};
  assert.deepEqual([blocksCompared, blocksEqual, blocksMissing, blocksUnexpected, reports], [30, 24, 4, 2, 3]);
  seen.forget("w");
  assert.equal(seen.of("w"), undefined);
});
