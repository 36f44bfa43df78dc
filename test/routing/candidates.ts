// Candidates and requests for tests of policies.
import { NO_LOAD, type WorkerLoad } from "../../src/fleet/index.ts";
import { loadProfile, type StepCost, stepCost } from "../../src/model/index.ts";
import type { Candidate, Promised, RouteRequest } from "../../src/routing/index.ts";

export const BLOCK = 16;

/** Llama-3.1-70B FP8 on two H100. */
export const COST: StepCost = stepCost(loadProfile("llama-3.1-70b-h100-tp2-fp8"));

export function request(promptTokens: number, promised?: Promised): RouteRequest {
  const promptBlocks = Math.floor(promptTokens / BLOCK);
  return { promptTokens, exactTokens: true, promptBlocks, session: undefined, promised };
}

export function candidate(id: string, change: Partial<Candidate> = {}, load: Partial<WorkerLoad> = {}): Candidate {
  return {
    id,
    load: { ...NO_LOAD, ...load },
    overlapBlocks: 0,
    blockSize: BLOCK,
    kvBlocks: 20_000,
    maxSequences: 256,
    cost: COST,
    slowdown: 1,
    ...change,
  };
}

export function several(count: number): Candidate[] {
  return Array.from({ length: count }, (_, i) => candidate(`w${String(i).padStart(2, "0")}`));
}

/** How often each worker was chosen. */
export function tally(choose: () => string, times: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < times; i++) {
    const id = choose();
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
