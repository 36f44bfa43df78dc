// The verdict on shadow traffic: pure function of the pair records. Judged once at a declared time, or with alpha spending.
import type { PairRecord } from "../compare/pair-record.ts";
import { crossScoreGate } from "./cross-score-gate.ts";
import { distributionGates } from "./distribution-gates.ts";
import { type DivergenceReport, divergenceReport } from "./divergence-report.ts";
import type { Gate } from "./gate.ts";
import { invariantGate, lengthGate, outputGate, promptTokensGate, structureGate } from "./output-gates.ts";
import { errorGates, slowGates } from "./rate-gates.ts";
import { type NO_SHADOW_DATA, type SeedReport, seedReport } from "./seed-report.ts";
import { bodyGate, tailGates } from "./tail-gates.ts";
import { validityGate } from "./validity-gate.ts";
import { VERDICT_LIMITS, type VerdictOptions } from "./verdict-options.ts";

export type VerdictName = "PROCEED" | "INVESTIGATE" | "INSUFFICIENT_DATA" | "REJECT";

export interface Verdict {
  readonly verdict: VerdictName;
  readonly reasons: readonly string[];
  readonly gates: readonly Gate[];
  /** What could not be judged, and what was waived. */
  readonly limits: readonly string[];
  readonly cachedTokens: { readonly primary?: number; readonly shadow?: number };
  /** Absent when no deterministic pair came with tokens. */
  readonly divergence?: DivergenceReport;
  /** The seed's report over the same pairs, with its own recommendation. */
  readonly seed: SeedReport | typeof NO_SHADOW_DATA;
}

const ALPHA = 0.05;

export function judgePairs(records: readonly PairRecord[], options: VerdictOptions): Verdict {
  const pairs = records.filter(({ kind }) => kind === "pair");
  const repeats = records.filter(({ kind }) => kind === "repeat");
  const judged = { limits: { ...VERDICT_LIMITS, ...options.limits }, levels: { alpha: options.alpha ?? ALPHA } };
  const structure = structureGate(pairs, judged);
  const scores = crossScoreGate(pairs);
  const gates: readonly Gate[] = [
    validityGate(pairs, judged.limits, options),
    ...errorGates(pairs, judged.limits, judged.levels),
    ...slowGates(pairs, options.slowTtftMs, judged),
    ...tailGates(pairs, options, judged),
    bodyGate(pairs),
    invariantGate(pairs, judged),
    outputGate(pairs, repeats, judged),
    ...(structure === undefined ? [] : [structure]),
    ...distributionGates(pairs, repeats, judged),
    ...(scores === undefined ? [] : [scores]),
    promptTokensGate(pairs, judged),
    lengthGate(pairs, judged),
  ];
  const divergence = divergenceReport(pairs, repeats);
  return {
    ...decide(gates, options),
    gates,
    cachedTokens: cachedTokens(pairs),
    ...(divergence === undefined ? {} : { divergence }),
    seed: seedReport(pairs.map(({ seed }) => seed)),
  };
}

/** A conjunction of gates, each at its own level: the whole errs with at most that level (intersection–union). */
function decide(
  gates: readonly Gate[],
  { waived = [] }: VerdictOptions,
): Pick<Verdict, "verdict" | "reasons" | "limits"> {
  const deciding = gates.filter((gate) => !(gate.status === "no-data" && isOptional(gate, waived)));
  const of = (...statuses: readonly Gate["status"][]) => deciding.filter(({ status }) => statuses.includes(status));
  const limits = [
    ...waived.map((name) => `waived: ${name}`),
    ...gates.filter(({ status }) => status === "no-data").map(({ id, text }) => `${id} ${text}`),
  ];
  const said = (verdict: VerdictName, reasons: readonly Gate[]) => ({
    verdict,
    reasons: reasons.map(({ id, text }) => `${id} ${text}`),
    limits,
  });
  const rejecting = deciding.filter(({ rejects }) => rejects);
  if (rejecting.length > 0) return said("REJECT", rejecting);
  if (gates.some(({ id, status }) => id === "G0" && status !== "pass"))
    return said("INSUFFICIENT_DATA", of("no-data", "undecided"));
  if (of("fail").length > 0) return said("INVESTIGATE", of("fail"));
  const open = of("no-data", "undecided");
  if (open.length > 0) return said("INSUFFICIENT_DATA", open);
  return { verdict: "PROCEED", reasons: ["not worse than allowed on every gate"], limits };
}

/** Traffic without streams has no ITL, and without repeats there is no noise to compare with: only the operator may waive it. */
function isOptional({ id, what }: Gate, waived: NonNullable<VerdictOptions["waived"]>): boolean {
  if (id === "G4") return true;
  if (id === "G3" && what.startsWith("ITL")) return true;
  return id === "G5" && waived.includes("repeat");
}

function cachedTokens(pairs: readonly PairRecord[]): Verdict["cachedTokens"] {
  const share = (arm: "primary" | "shadow"): number | undefined => {
    const known = pairs
      .map((pair) => pair[arm])
      .filter((one) => one.cachedTokens !== undefined && one.promptTokens !== undefined);
    const prompt = known.reduce((sum, { promptTokens = 0 }) => sum + promptTokens, 0);
    return prompt === 0 ? undefined : known.reduce((sum, { cachedTokens = 0 }) => sum + cachedTokens, 0) / prompt;
  };
  const [primary, shadow] = [share("primary"), share("shadow")];
  return { ...(primary === undefined ? {} : { primary }), ...(shadow === undefined ? {} : { shadow }) };
}
