// Shapes of public traces, as derived statistics, for the synthetic generator.
import type { Quantiles } from "./length-distribution.ts";

export interface TracePreset {
  readonly input: Quantiles;
  readonly output: Quantiles;
  readonly ratePerSecond: number;
  /** Arrivals fall on multiples of this, as in the recording; 0 = continuous. */
  readonly binMs: number;
  /** Share of requests that continue an earlier one. */
  readonly continueShare: number;
  /** Of so many earlier conversations that fit, the longest is continued: more = more tokens shared. */
  readonly continueChoices: number;
  /** Leading blocks that all requests share (a system prompt). */
  readonly sharedBlocks: number;
}

/** Quantiles, rate and sharing of Mooncake's conversation trace (kvcache-ai/Mooncake 3b5a594, Apache-2.0), computed here. */
const CONVERSATION: TracePreset = {
  input: [
    [0, 890],
    [0.1, 964],
    [0.25, 2306],
    [0.5, 6909],
    [0.75, 15_368],
    [0.9, 27_367],
    [0.95, 39_552],
    [0.99, 85_401],
    [1, 126_195],
  ],
  output: [
    [0, 1],
    [0.1, 24],
    [0.25, 156],
    [0.5, 350],
    [0.75, 472],
    [0.9, 597],
    [0.95, 698],
    [0.99, 1120],
    [1, 2000],
  ],
  ratePerSecond: 3.4,
  binMs: 3000,
  continueShare: 0.6,
  continueChoices: 4,
  sharedBlocks: 1,
};

export const TRACE_PRESETS = { conversation: CONVERSATION } as const satisfies Record<string, TracePreset>;

export type TracePresetName = keyof typeof TRACE_PRESETS;
