// The engine's core: steps, prefix hits, preemption, limits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engineCore, type EngineCoreOptions, type EngineRequest, type TokenOutput } from "../../../src/engine/index.ts";
import { loadProfile, stepCost } from "../../../src/model/index.ts";

const profile = loadProfile("llama-3.1-70b-h100-tp4-fp8");
const BASE: EngineCoreOptions = { ...profile.limits, cost: stepCost(profile) };

export function request(id: string, prompt: number | number[], fields: Partial<EngineRequest> = {}): EngineRequest {
  const promptIds = Int32Array.from(
    typeof prompt === "number" ? Array.from({ length: prompt }, (_, i) => i + 1) : prompt,
  );
  // Depends on everything before it, as a real model's output.
  const sample = (output: readonly number[]): { token: number } => ({
    token: 1000 + output.length + (output.at(-1) ?? 7),
  });
  return { id, promptIds, maxTokens: 4, priority: 0, sample, ...fields };
}

/** Runs until nothing is left to do. */
function drain(core: ReturnType<typeof engineCore>, limit = 10_000): TokenOutput[] {
  const outputs: TokenOutput[] = [];
  for (let now = 0; limit-- > 0;) {
    const plan = core.schedule(now);
    if (!plan) return outputs;
    now += plan.durationMs;
    outputs.push(...core.complete(now));
  }
  return assert.fail("the core never became idle");
}

test("one request runs its prefill and its decodes, then its blocks are free and cached", () => {
  const core = engineCore(BASE);
  core.add(request("a", 100), 0);
  const plan = core.schedule(0);
  assert.equal(plan?.tokens, 100);
  assert.equal(core.complete(plan.durationMs)[0]?.cachedTokens, 0);
  assert.equal(core.schedule(1)?.tokens, 1);
  core.complete(2);
  const outputs = drain(core);
  assert.deepEqual(
    outputs.map((output) => output.finish),
    [undefined, "length"],
  );
  assert.equal(core.stats().kvUsage, 0);
  assert.equal(core.schedule(3), undefined);
});

test("a repeated prompt hits all its full blocks but the one of its last token", () => {
  const core = engineCore(BASE);
  for (const id of ["a", "b"]) core.add(request(id, 1000, { maxTokens: 1 }), 0);
  const [a, b] = drain(core);
  // vLLM: 62 of 62.5 blocks, in the same step already.
  assert.deepEqual([a?.cachedTokens, b?.cachedTokens], [0, 992]);
  core.add(request("c", 992, { maxTokens: 1 }), 0);
  assert.equal(drain(core)[0]?.cachedTokens, 976);
  assert.deepEqual([core.stats().prefixQueries, core.stats().prefixHits], [2992, 1968]);
});
