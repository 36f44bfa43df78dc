// Workers that run only when the gateway looks at them do what they do when they run up to every arrival.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import type { Policy } from "../../src/routing/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import { openLoop, type PlannedSimulation, simulate } from "../../src/simulator/index.ts";

const PROFILE = loadProfile("llama-3.1-70b-h100-tp4-fp8");
const UNIT_BLOCKS = 32;

interface Traffic {
  readonly seed: number;
  readonly requests: number;
  readonly gapMs: number;
  /** Prompts begin with one of so many prefixes. */
  readonly prefixes: number;
}

/** Bursts, shared prefixes, prompts of no full block, answers of one token. */
function traffic({ seed, requests, gapMs, prefixes }: Traffic): PlannedSimulation[] {
  const random = seededRandom(seed);
  let atMs = 0;
  let next = 10_000;
  return Array.from({ length: requests }, () => {
    if (random.next() < 0.7) atMs += 2 * gapMs * random.next();
    const shared = 8 * random.int(prefixes);
    const units = Array.from({ length: 1 + random.int(8) }, (_, i) => (i < 5 ? shared + i : next++));
    const tokens = Math.max(1, 16 * UNIT_BLOCKS * units.length - random.int(600));
    const content = { tokens, unitBlocks: UNIT_BLOCKS, units: Int32Array.from(units) };
    return { atMs, content, outputTokens: 1 + random.int(random.next() < 0.2 ? 4 : 400), session: undefined };
  });
}

interface Fleet {
  readonly workers: number;
  readonly kvBlocks: number;
  readonly maxSequences: number;
  readonly noise: number;
  readonly stalenessMs: number;
}

function outcome(policy: Policy, planned: readonly PlannedSimulation[], fleet: Fleet): unknown {
  const { workers: count, kvBlocks, maxSequences, noise, stalenessMs } = fleet;
  const profile = { ...PROFILE, limits: { ...PROFILE.limits, kvBlocks, maxSequences } };
  const profiles = Array.from({ length: count }, () => profile);
  const run = simulate({ profiles, policy, arrivals: openLoop(planned), seed: "s", noise, stalenessMs });
  const requests = run.requests.map((one) => {
    const { worker, firstTokenAt, lastTokenAt, cachedTokens, predictedCached, predictedTtftMs, predictedSlowdown } =
      one;
    return [worker, firstTokenAt, lastTokenAt, cachedTokens, predictedCached, predictedTtftMs, predictedSlowdown];
  });
  return { requests, workers: run.workers.map(({ totals, preemptions }) => ({ ...totals, preemptions })) };
}

const anyTraffic = fc.record({
  seed: fc.nat(1e6),
  requests: fc.integer({ min: 1, max: 120 }),
  gapMs: fc.constantFrom(5, 50, 400),
  prefixes: fc.constantFrom(1, 4, 40),
});
const anyFleet = fc.record({
  workers: fc.constantFrom(1, 3, 24),
  // From caches that answers alone fill, to ones that nothing leaves.
  kvBlocks: fc.constantFrom(400, 1500, 20_000),
  maxSequences: fc.constantFrom(4, 256),
  noise: fc.constantFrom(0, 0.1, 0.5),
  stalenessMs: fc.constantFrom(0, 50, 1000),
});

for (const name of ["kv_aware", "round_robin"]) {
  test(`${name}: lazy workers give the same run`, () => {
    fc.assert(
      fc.property(anyTraffic, anyFleet, (some, fleet) => {
        const planned = traffic(some);
        const lazy = policyOf(name);
        assert.equal(lazy.settles, true);
        const eager = { ...policyOf(name), settles: false };
        assert.deepEqual(outcome(lazy, planned, fleet), outcome(eager, planned, fleet));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
}
