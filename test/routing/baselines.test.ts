// The baselines of others: each rule of their published formulas once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";
import type { WorkerLoad } from "../../src/fleet/index.ts";
import {
  cacheAware,
  type Candidate,
  dynamoCost,
  llmdSticky,
  llmdWeighted,
  type Policy,
} from "../../src/routing/index.ts";
import { candidate, request } from "./candidates.ts";

function pick(policy: Policy, tokens: number, ...candidates: Candidate[]): string {
  return policy.choose(request(tokens), candidates, seededRandom(1)).chosen.id;
}

const decoding = (count: number): Partial<WorkerLoad> => ({ decodeRequests: count, contextTokens: count * 1000 });
const prefilling = (tokens: number): Partial<WorkerLoad> => ({
  prefillTokens: tokens,
  prefillRequests: 1,
  contextTokens: tokens,
});

test("cache_aware: best match above the threshold, smallest cache below, fewest requests when out of balance", () => {
  const match = (overlapBlocks: number, heldBlocks: number, load = {}) =>
    candidate(`m${overlapBlocks}`, { overlapBlocks, heldBlocks }, load);
  assert.equal(pick(cacheAware(), 1600, match(31, 900), match(0, 10)), "m31");
  assert.equal(pick(cacheAware(), 1600, match(30, 900), match(0, 10)), "m0");
  assert.equal(pick(cacheAware(), 1600, match(90, 900, decoding(64)), match(0, 10)), "m90");
  assert.equal(pick(cacheAware(), 1600, match(90, 900, decoding(65)), match(0, 10)), "m0");
});

test("llmd_weighted: prefix 3, queue 2, KV use 2", () => {
  const warm = candidate("warm", { overlapBlocks: 100, kvUsage: 0.4 }, { prefillRequests: 4 });
  assert.equal(
    pick(llmdWeighted(), 1600, warm, candidate("cold", { kvUsage: 0 })),
    "warm",
    "3 + 0 + 1.2 against 0 + 2 + 2",
  );
  const fuller = { ...warm, kvUsage: 0.6 };
  assert.equal(
    pick(llmdWeighted(), 1600, fuller, candidate("cold", { kvUsage: 0 })),
    "cold",
    "3 + 0 + 0.8 against 0 + 2 + 2",
  );
});

test("llmd_sticky: stays until the sticky worker's queue is too long", () => {
  const sticky = (tokens: number) => candidate("sticky", { overlapBlocks: 80 }, prefilling(tokens));
  const cold = candidate("cold");
  assert.equal(pick(llmdSticky(), 1600, sticky(280_000), cold), "sticky");
  assert.equal(pick(llmdSticky(), 1600, sticky(290_000), cold), "cold", "18 s × 15,928 tokens a second");
  assert.equal(
    pick(llmdSticky(), 1600, { ...sticky(2000), overlapBlocks: 79 }, cold),
    "cold",
    "below the affinity threshold",
  );
});

test("dynamo: one prefill block weighs as much as one decode block, and more when scaled", () => {
  const warm = candidate("warm", { overlapBlocks: 100 }, decoding(2));
  const cold = candidate("cold");
  assert.equal(pick(dynamoCost(), 1600, warm, cold), "cold", "0 + 125 + 100 against 100 + 0 + 100");
  assert.equal(pick(dynamoCost({ prefillLoadScale: 2 }), 1600, warm, cold), "warm", "0 + 225 against 200 + 100");
});

test("dynamo: the credit decays with the excess of waiting prefill", () => {
  const warm = candidate("warm", { overlapBlocks: 100 }, prefilling(720));
  const cold = candidate("cold");
  // Excess 45 of 100 blocks: credit 100 / 1.45 = 69, cost 45 + 100 − 69 + 45 + 100; cold 100 + 100.
  assert.equal(pick(dynamoCost(), 1600, warm, cold), "warm");
  assert.equal(pick(dynamoCost({ creditDecay: 1 }), 1600, warm, cold), "cold");
});

test("dynamo: at a temperature the choice is drawn, the cheaper the likelier, in whatever order candidates come", () => {
  const warm = candidate("warm", { overlapBlocks: 100 });
  const others = [candidate("cold"), warm];
  const share = (temperature: number, list: Candidate[]): number => {
    const policy = dynamoCost({ temperature });
    const random = seededRandom(3);
    const picks = Array.from({ length: 4000 }, () => policy.choose(request(1600), list, random).chosen.id);
    return picks.filter((id) => id === "warm").length / picks.length;
  };
  // Costs spread to 0 and 1: 1 ÷ (1 + e^(−1/T)).
  assert.ok(Math.abs(share(1, others) - 0.731) < 0.03, String(share(1, others)));
  assert.ok(Math.abs(share(0.5, others) - 0.881) < 0.03, String(share(0.5, others)));
  assert.equal(share(1, others), share(1, others.toReversed()));
  assert.equal(share(0, others), 1);
  assert.match(dynamoCost({ temperature: 1 }).choose(request(1600), others, seededRandom(1)).reason, /temperature 1/);
});
