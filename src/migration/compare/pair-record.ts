// What is kept of a compared pair: numbers and verdicts on the answers, never their text.
import type { ArmLegClass } from "../../gateway/index.ts";
import type { CrossScore } from "./cross-score.ts";
import type { Determinism } from "./determinism.ts";
import type { Divergence, Severity } from "./divergence.ts";
import type { Ending } from "./ending.ts";
import type { Invariant } from "./invariants.ts";
import type { SeedRecord } from "./seed-record.ts";
import type { Structure } from "./structure.ts";
import type { TextSimilarity } from "./text-similarity.ts";

export interface ArmMeasure {
  readonly class: ArmLegClass;
  readonly ttftMs?: number;
  readonly totalMs?: number;
  readonly itlMs?: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
}

export interface Comparison {
  readonly equal: boolean;
  readonly divergence?: Divergence;
  readonly severity?: Severity;
  readonly similarity: TextSimilarity;
  readonly structure?: Structure;
  readonly endings?: { readonly primary: Ending; readonly shadow: Ending };
}

export interface PairRecord {
  /** `pair` is legacy and candidate; `repeat` is the legacy twice, to know its noise. */
  readonly kind: "pair" | "repeat";
  readonly session: string;
  readonly at: number;
  readonly stratum: string;
  readonly determinism: Determinism;
  readonly primary: ArmMeasure;
  readonly shadow: ArmMeasure;
  readonly broken: readonly Invariant[];
  /** Only when both answered and nothing was cut. */
  readonly comparison?: Comparison;
  /** Of some of the pairs that parted: what the legacy arm makes of the shadow's answer. */
  readonly crossScore?: CrossScore;
  readonly seed: SeedRecord;
}
