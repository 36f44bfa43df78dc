// The models that step times and memory are computed for: shapes from their config.json.

export type ModelName = "llama-3.1-70b" | "llama-3.1-8b" | "qwen3-32b";

export interface ModelSpec {
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  /** Longest context that the model was made for, in tokens. */
  readonly maxContext: number;
}

export const MODELS: Readonly<Record<ModelName, ModelSpec>> = {
  "llama-3.1-70b": {
    name: "meta-llama/Llama-3.1-70B-Instruct",
    layers: 80,
    hidden: 8192,
    heads: 64,
    kvHeads: 8,
    headSize: 128,
    feedForward: 28_672,
    vocabulary: 128_256,
    maxContext: 131_072,
  },
  "llama-3.1-8b": {
    name: "meta-llama/Llama-3.1-8B-Instruct",
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    headSize: 128,
    feedForward: 14_336,
    vocabulary: 128_256,
    maxContext: 131_072,
  },
  "qwen3-32b": {
    name: "Qwen/Qwen3-32B",
    layers: 64,
    hidden: 5120,
    heads: 64,
    kvHeads: 8,
    headSize: 128,
    feedForward: 25_600,
    vocabulary: 151_936,
    maxContext: 40_960,
  },
};

/** Weights of all layers that every token passes: query, output, key and value projections and the three of the MLP. */
export function linearParameters(model: ModelSpec): number {
  const attention = model.hidden * model.headSize * (2 * model.heads + 2 * model.kvHeads);
  return model.layers * (attention + 3 * model.hidden * model.feedForward);
}

/** Weights of the output head; the input embedding has as many. */
export function headParameters(model: ModelSpec): number {
  return model.vocabulary * model.hidden;
}

/** FLOP of attention per (query, key) pair: two products over all heads and layers. */
export function attentionFlops(model: ModelSpec): number {
  return 4 * model.layers * model.heads * model.headSize;
}
