// What a verdict is asked with: the facts of the shadowing, the limits, and the one time at which it is judged.
import type { Random } from "../../core/index.ts";

/** Counts of the shadowing itself. What is undefined was not measured. */
export interface ShadowFacts {
  /** Sessions that could have been sampled, and were. */
  readonly eligibleSessions: number;
  readonly sampledSessions: number;
  readonly fraction: number;
  /** Sampled requests that were sent to the candidate, and those that were not, by reason. */
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Pairs lost because the client left. */
  readonly clientGone: number;
  /** Candidate requests per second and GPU ÷ the primary's. */
  readonly loadRatio?: number;
}

export type Waiver = "span" | "load" | "fraction" | "repeat";

export interface VerdictLimits {
  readonly minPairs: number;
  readonly minTtfts: number;
  readonly minSpanMs: number;
  readonly maxDropped: number;
  readonly maxClientGone: number;
  readonly loadRatio: { readonly low: number; readonly high: number };
  /** Allowed rise of the failure rate, and of the share of slow requests. */
  readonly errorMargin: number;
  /** The candidate's failure rate itself. */
  readonly maxErrorRate: number;
  /** Allowed ratio of P99s. */
  readonly tailMargin: number;
  /** Allowed loss of matching deterministic outputs against the legacy's own noise, and of valid structure. */
  readonly outputMargin: number;
  readonly structureMargin: number;
  /** Allowed rise of cut answers and refusals of sampled requests, and loss of their tool calls. */
  readonly mixMargin: number;
  /** Allowed rise of the share of requests on which only one arm calls tools. */
  readonly toolMargin: number;
  /** Pairs that may break an invariant before it is no accident. */
  readonly invariantShare: number;
  readonly lengthRatio: { readonly low: number; readonly high: number };
}

export const VERDICT_LIMITS: VerdictLimits = {
  minPairs: 1000,
  minTtfts: 299,
  minSpanMs: 86_400_000,
  maxDropped: 0.01,
  maxClientGone: 0.01,
  loadRatio: { low: 0.8, high: 1.25 },
  errorMargin: 0.005,
  maxErrorRate: 0.01,
  tailMargin: 1.1,
  outputMargin: 0.02,
  structureMargin: 0.01,
  mixMargin: 0.02,
  toolMargin: 0.05,
  invariantShare: 0.001,
  lengthRatio: { low: 0.9, high: 1.1 },
};

export interface VerdictOptions {
  readonly facts: ShadowFacts;
  /** TTFTs above these are slow: the SLO, and twice the baseline. */
  readonly slowTtftMs: Readonly<Record<string, number>>;
  readonly limits?: Partial<VerdictLimits>;
  /** Checks of G0 and the noise arm that the operator takes the responsibility for. */
  readonly waived?: readonly Waiver[];
  /** One-sided level per gate: 5 % when judged once, less by alpha spending when looked at again. */
  readonly alpha?: number;
  /** Draws the bootstrap; a fixed seed makes the verdict repeatable. */
  readonly random: Random;
  readonly repetitions?: number;
}
