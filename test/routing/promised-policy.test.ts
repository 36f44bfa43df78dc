// What a deployment promises is what its policy keeps to: a busy worker that has a prompt's prefix is left for a free one, or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHM_SETTINGS } from "../../src/config/algorithms.ts";
import { policySpec } from "../../src/config/index.ts";
import { seededRandom, type SwitchgearError } from "../../src/core/index.ts";
import {
  choosePair,
  kvAware,
  pairRuleOf,
  policies,
  type PolicyName,
  DEFAULT_COST,
  policyOf,
  routeCost,
  type Promised,
  promisedPolicy,
} from "../../src/routing/index.ts";
import { candidate, request } from "./candidates.ts";

const NO_SETTINGS = "no settings; kv_aware, dynamo, cache_aware, llmd_sticky, llmd_weighted have some";

function chosen(itlP99Ms: number | undefined, running: number, spec = "kv_aware"): string {
  const warm = candidate("warm", { overlapBlocks: 200 }, { decodeRequests: running, contextTokens: 1500 * running });
  const free = candidate("free", {}, { decodeRequests: 2, contextTokens: 3000 });
  const policy = promisedPolicy(spec, { itlP99Ms });
  return policy.choose(request(8000), [warm, free], seededRandom(1)).chosen.id;
}

test("the shorter the promised gap, the sooner a busy worker's cache is given up for its answers", () => {
  const upTo = (itlP99Ms: number | undefined): number => {
    const counts = Array.from({ length: 64 }, (_, i) => i + 1);
    return counts.filter((running) => chosen(itlP99Ms, running) === "warm").length;
  };
  const [short, usual, long] = [upTo(20), upTo(100), upTo(400)];
  assert.ok(short < usual && usual < long, `${short} ${usual} ${long}`);
  assert.equal(upTo(undefined), usual, "without a promise 100 ms is taken");
});

/** How many answers may run at the worker with the prefix before a free one is taken; `there`: promised to those answers. */
function warmUpTo(promised: Promised | undefined, there?: number): number {
  const free = candidate("free", {}, { decodeRequests: 2, contextTokens: 3000 });
  const counts = Array.from({ length: 64 }, (_, i) => i + 1);
  return counts.filter((running) => {
    const load = { decodeRequests: running, contextTokens: 1500 * running };
    const warm = candidate("warm", { overlapBlocks: 200, promisedItlMs: there }, load);
    return kvAware().choose(request(8000, promised), [warm, free], seededRandom(1)).chosen.id === "warm";
  }).length;
}

test("a request's own promise counts, and so does the tightest one of those that run there", () => {
  const usual = warmUpTo(undefined);
  assert.ok(warmUpTo({ itlMs: 20 }) < usual && warmUpTo({ itlMs: 400 }) > usual);
  assert.ok(warmUpTo(undefined, 20) < usual);
  assert.ok(warmUpTo({ itlMs: 400 }, 20) < warmUpTo({ itlMs: 400 }), "who has time does not make others late");
  assert.equal(warmUpTo({ itlMs: 20 }, 400), warmUpTo({ itlMs: 20 }));
});

const waiting = (requests: number) => ({
  prefillRequests: requests,
  prefillTokens: 8000 * requests,
  prefillPairs: 32e6 * requests,
  contextTokens: 8000 * requests,
});

test("a worker that would be late with the first token is left for one that is in time", () => {
  const warm = candidate("warm", { overlapBlocks: 495 }, waiting(2));
  const choose = (ttftMs?: number) =>
    kvAware().choose(request(8000, { ttftMs }), [warm, candidate("free")], seededRandom(1));
  const { chosen, scores } = choose();
  const [first, second] = scores.map((one) => one.ttftMs ?? Number.NaN);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([chosen.id, second < first], ["warm", true], "it is cheaper and slower");
  assert.equal(choose((first + second) / 2).chosen.id, "free");
  assert.equal(choose(first + 1).chosen.id, "warm", "both are in time");
});

test("a first token that is late counts no more than another's missed answer", () => {
  const counted = (requests: number) => {
    const [promised, free] = [{ ttftMs: 1 }, undefined].map(
      (one) => routeCost(request(8000, one), candidate("a", {}, waiting(requests)), DEFAULT_COST).totalMs,
    );
    return (promised ?? 0) - (free ?? 0);
  };
  assert.ok(counted(1) > 0 && counted(1) < DEFAULT_COST.missMs);
  assert.ok(Math.abs(counted(50) - DEFAULT_COST.missMs) < 1e-3, String(counted(50)));
});

test("one worker or two: whichever is in time, where the cheaper of both is not", () => {
  const choose = (whole: ReturnType<typeof candidate>, transferMs: number, ttftMs?: number) =>
    choosePair({
      request: request(8000, { ttftMs }),
      candidates: { prefill: [candidate("p0")], decode: [candidate("d1")], whole: [whole] },
      link: () => transferMs,
      rule: pairRuleOf("predicted"),
      policy: kvAware(),
      fallback: "colocated",
      random: seededRandom(1),
    }).kind;
  const warm = candidate("d0", { overlapBlocks: 495 }, waiting(2));
  assert.deepEqual([choose(warm, 0), choose(warm, 0, 1000)], ["whole", "pair"]);
  const cold = candidate("d0", {}, waiting(1));
  assert.deepEqual([choose(cold, 1000), choose(cold, 1000, 1500)], ["pair", "whole"]);
});

test("a setting of the deployment's own wins over what it promises, and others stand beside it", () => {
  const upTo = (spec: string, itlP99Ms: number | undefined): number => {
    const counts = Array.from({ length: 64 }, (_, i) => i + 1);
    return counts.filter((running) => chosen(itlP99Ms, running, spec) === "warm").length;
  };
  assert.equal(upTo("kv_aware:tpotSloMs=20", 400), upTo("kv_aware", 20));
  assert.equal(upTo("kv_aware:workWeight=50", 20), upTo("kv_aware:workWeight=50+tpotSloMs=20", undefined));
  assert.notEqual(upTo("kv_aware:workWeight=50", 20), upTo("kv_aware", 20));
});

test("a deployment file takes the algorithms and settings that there are, and no others", () => {
  assert.deepEqual(Object.keys(ALGORITHM_SETTINGS), Object.keys(policies));
  for (const [name, known] of Object.entries(ALGORITHM_SETTINGS)) {
    const settings = Object.fromEntries(known.map((key) => [key, 2]));
    assert.equal(policyOf(policySpec({ algorithm: name as PolicyName, settings })).name, name);
    assert.throws(
      () => policyOf(`${name}:none=1`),
      ({ details: { expected } }: SwitchgearError) =>
        expected === (known.length === 0 ? NO_SETTINGS : `settings ${known.join(", ")}`),
    );
  }
});

test("policies that predict nothing are as they are", () => {
  for (const name of ["round_robin", "least_loaded"] as const)
    assert.equal(promisedPolicy(name, { itlP99Ms: 10 }).name, name);
});
