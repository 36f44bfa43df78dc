// May two answers to this request be compared token by token?
import type { ComparedRequest } from "./answer.ts";

export type Determinism = "greedy" | "seeded" | "sampled";

/** vLLM's default temperature is 1, unless the model's generation config says otherwise: unknown is sampled. */
export function determinism({ temperature, topK, seed }: ComparedRequest): Determinism {
  if (temperature === 0 || topK === 1) return "greedy";
  return seed === undefined ? "sampled" : "seeded";
}
