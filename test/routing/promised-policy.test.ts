// What a deployment promises is what its policy keeps to: a busy worker that has a prompt's prefix is left for a free one, or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";
import { promisedPolicy } from "../../src/routing/index.ts";
import { candidate, request } from "./candidates.ts";

function chosen(itlP99Ms: number | undefined, running: number): string {
  const warm = candidate("warm", { overlapBlocks: 200 }, { decodeRequests: running, contextTokens: 1500 * running });
  const free = candidate("free", {}, { decodeRequests: 2, contextTokens: 3000 });
  const policy = promisedPolicy("kv_aware", { itlP99Ms });
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

test("policies that predict nothing are as they are", () => {
  for (const name of ["round_robin", "least_loaded"] as const)
    assert.equal(promisedPolicy(name, { itlP99Ms: 10 }).name, name);
});
