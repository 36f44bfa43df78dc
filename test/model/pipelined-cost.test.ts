// Step times and memory of an engine whose layers are split over pipeline stages.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadProfile, stepCost } from "../../src/model/index.ts";

const NAME = "llama-3.1-70b-h100-tp4-bf16";
const whole = loadProfile(NAME);
const staged = (stages: number) => loadProfile(NAME, { pipelineParallel: stages });

const decode = (sequences: number) => ({
  tokens: sequences,
  decodeSequences: sequences,
  decodeContext: sequences * 2000,
  prefillPairs: 0,
});

test("two stages hold half of the weights and of each token's KV: more than twice the tokens fit", () => {
  const two = staged(2);
  assert.equal(two.gpusPerReplica, 8);
  assert.equal(two.memory.weightBytes, whole.memory.weightBytes / 2);
  assert.equal(two.memory.kvBytesPerToken, whole.memory.kvBytesPerToken / 2);
  assert.ok(two.limits.kvBlocks > 2 * whole.limits.kvBlocks);
  assert.match(two.memoryExplained, /on 8×.*TP 4, PP 2/);
});

test("a lone sequence gains nothing from stages; a full engine comes near their number and never over it", () => {
  const [one, two] = [stepCost(whole), stepCost(staged(2))];
  assert.ok(two.stepMs(decode(1)) >= one.stepMs(decode(1)) * 0.99);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(2, 4), (sequences, stages) => {
      const [plain, split] = [one.stepMs(decode(sequences)), stepCost(staged(stages)).stepMs(decode(sequences))];
      assert.ok(split >= plain / stages && split <= plain * 1.01, `${plain} → ${split}`);
    }),
  );
  const prefill = { cached: 0, uncached: 100_000, decodeSequences: 0, decodeContext: 0 };
  const gain = one.prefillMs(prefill) / two.prefillMs(prefill);
  assert.ok(gain > 1.8 && gain <= 2, String(gain));
});
