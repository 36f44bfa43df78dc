// Shapes of public traces, as derived statistics, for the synthetic generator.
import type { Quantiles } from "./length-distribution.ts";

export interface TracePreset {
  readonly input: Quantiles;
  readonly output: Quantiles;
  readonly ratePerSecond: number;
  /** Shape of gamma gaps, drawn out to the rate exactly; absent = Poisson. */
  readonly burstiness?: number;
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

/** Azure's traces say nothing of sharing. */
const UNSHARED = { binMs: 0, continueShare: 0, continueChoices: 0, sharedBlocks: 0 } as const;

/** Azure/AzurePublicDataset b469a11, AzureLLMInferenceTrace_code.csv, CC-BY-4.0: long in, very short out, in rare crowds. */
const AZURE_CODE: TracePreset = {
  ...UNSHARED,
  input: [
    [0, 3],
    [0.01, 17],
    [0.05, 75],
    [0.1, 147],
    [0.25, 578],
    [0.5, 1469],
    [0.75, 2745],
    [0.9, 5188],
    [0.95, 7303],
    [0.99, 7436],
    [1, 7437],
  ],
  output: [
    [0, 6],
    [0.1, 7],
    [0.25, 9],
    [0.5, 13],
    [0.75, 24],
    [0.9, 55],
    [0.95, 90],
    [0.99, 251],
    [0.995, 359],
    [0.999, 824],
    [1, 1899],
  ],
  ratePerSecond: 2.567,
  burstiness: 1 / 173,
};

/** The same, AzureLLMInferenceTrace_conv.csv. */
const AZURE_CONV: TracePreset = {
  ...UNSHARED,
  input: [
    [0, 2],
    [0.01, 29],
    [0.05, 181],
    [0.1, 207],
    [0.25, 396],
    [0.5, 1020],
    [0.75, 1189],
    [0.9, 2735],
    [0.95, 4083],
    [0.99, 4142],
    [0.995, 4831],
    [1, 14_050],
  ],
  output: [
    [0, 7],
    [0.01, 16],
    [0.05, 41],
    [0.1, 54],
    [0.25, 85],
    [0.5, 129],
    [0.75, 395],
    [0.9, 424],
    [0.95, 451],
    [0.99, 601],
    [0.995, 643],
    [1, 1000],
  ],
  ratePerSecond: 5.53,
  burstiness: 1 / 1.2,
};

export const TRACE_PRESETS = {
  conversation: CONVERSATION,
  azure_code: AZURE_CODE,
  azure_conv: AZURE_CONV,
} as const satisfies Record<string, TracePreset>;

export type TracePresetName = keyof typeof TRACE_PRESETS;
