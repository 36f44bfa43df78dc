// The seed's record of a compared pair, key for key.
import { ratioAtLeast } from "../../stats/index.ts";

export interface SeedResult {
  readonly ttft_ms?: number;
  readonly total_ms?: number;
  readonly text?: string;
  readonly output_tokens?: number;
}

export interface SeedRecord {
  /** Seconds since the epoch, as Python's time.time(). */
  readonly timestamp: number;
  readonly primary_ttft_ms: number;
  readonly shadow_ttft_ms: number;
  readonly primary_total_ms: number;
  readonly shadow_total_ms: number;
  readonly output_match: boolean;
  readonly primary_tokens: number;
  readonly shadow_tokens: number;
}

/** What was not measured is 0, as in the seed. */
export function seedRecord(primary: SeedResult, shadow: SeedResult, timestamp: number): SeedRecord {
  return {
    timestamp,
    primary_ttft_ms: primary.ttft_ms ?? 0,
    shadow_ttft_ms: shadow.ttft_ms ?? 0,
    primary_total_ms: primary.total_ms ?? 0,
    shadow_total_ms: shadow.total_ms ?? 0,
    output_match: outputsSimilar(primary.text ?? "", shadow.text ?? ""),
    primary_tokens: primary.output_tokens ?? 0,
    shadow_tokens: shadow.output_tokens ?? 0,
  };
}

const SIMILAR = 0.9;

export function outputsSimilar(one: string, other: string): boolean {
  return ratioAtLeast(one, other, SIMILAR);
}
