// Number formats of weights and KV cache.

export type Precision = "bf16" | "fp8";

export function bytesOf(precision: Precision): number {
  return precision === "fp8" ? 1 : 2;
}
