// Requests for tests of the engine, and a loop that runs a core until it is idle.
import assert from "node:assert/strict";
import type { EngineCore, EngineRequest, TokenOutput } from "../../../src/engine/index.ts";
import type { StepCost } from "../../../src/model/index.ts";

/** 1 ms a token, so that tests can add up. */
export const TOKEN_COST: StepCost = {
  stepMs: (load) => load.tokens,
  overheadMs: () => 0,
  prefillMs: ({ uncached }) => uncached,
};

/** Depends on all tokens before it, as a real model's output does. */
export function nextToken(promptIds: Int32Array, output: readonly number[]): number {
  let mixed = promptIds.length;
  for (const id of promptIds) mixed = (mixed * 31 + id) % 9973;
  for (const id of output) mixed = (mixed * 31 + id) % 9973;
  return mixed;
}

/** A prompt of the numbers from 1, or the given one. */
export function sampleRequest(
  id: string,
  prompt: number | readonly number[],
  fields: Partial<EngineRequest> = {},
): EngineRequest {
  const promptIds = Int32Array.from(
    typeof prompt === "number" ? Array.from({ length: prompt }, (_, i) => i + 1) : prompt,
  );
  return {
    id,
    promptIds,
    maxTokens: 4,
    priority: 0,
    sample: (output) => ({ token: nextToken(promptIds, output) }),
    ...fields,
  };
}

/** One step; undefined when there is nothing to do. */
export function step(core: EngineCore): readonly TokenOutput[] | undefined {
  const plan = core.schedule(0);
  return plan && core.complete(plan.durationMs);
}

/** Runs until nothing is left to do. */
export function drain(core: EngineCore, limit = 10_000): TokenOutput[] {
  const outputs: TokenOutput[] = [];
  for (let left = limit; left > 0; left--) {
    const made = step(core);
    if (!made) return outputs;
    outputs.push(...made);
  }
  return assert.fail("the core never became idle");
}

export function tokensOf(outputs: readonly TokenOutput[], id: string): number[] {
  return outputs.filter((output) => output.id === id).map((output) => output.token);
}

/** The tokens that a request must give however it is scheduled. */
export function expectedTokens(request: EngineRequest): number[] {
  const output: number[] = [];
  while (output.length < request.maxTokens) output.push(request.sample(output).token);
  return output;
}
