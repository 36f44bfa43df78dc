// The gate at the end of a canary step: live counts of both arms, at the level the plan gives this look.
import { rateDifference, rateLowerBound, rateUpperBound } from "../../stats/index.ts";
import type { GateReport } from "../plan/state.ts";
import type { ArmCounts } from "../rollback/evidence.ts";
import { percentPoints } from "./gate.ts";

export interface StepEvidence {
  readonly legacy: ArmCounts;
  readonly candidate: ArmCounts;
  /** One-sided level of this look. */
  readonly alpha: number;
  readonly tolerated: { readonly error: number; readonly ttft: number; readonly timeout: number };
  /** Allowed rise over the legacy arm; tighter ones need more than the thousand requests of a default step. */
  readonly margin?: number;
}

/** The tolerated quantile has an upper bound at 95 % from so many values on: 299 for a P99. */
function leastTtfts(tolerated: number): number {
  return Math.ceil(Math.log(0.05) / Math.log1p(-tolerated));
}

/** Below this the legacy arm is no measure. */
const MIN_LEGACY = 300;

export function judgeStep(step: StepEvidence): GateReport {
  const checks = [...ownRates(step), ...differences(step)];
  const failed = checks.filter(({ status }) => status === "fail");
  const open = checks.filter(({ status }) => status === "undecided");
  if (failed.length > 0) return { status: "fail", reasons: failed.map(({ text }) => text) };
  if (open.length > 0) return { status: "undecided", reasons: open.map(({ text }) => text) };
  return { status: "pass", reasons: checks.map(({ text }) => text) };
}

interface Check {
  readonly status: GateReport["status"];
  readonly text: string;
}

function ownRates({ candidate, tolerated, alpha }: StepEvidence): readonly Check[] {
  return [
    rateCheck("errors", { events: candidate.errors, trials: candidate.requests }, { most: tolerated.error, alpha }),
    candidate.ttfts < leastTtfts(tolerated.ttft)
      ? { status: "undecided", text: `${candidate.ttfts} of ${leastTtfts(tolerated.ttft)} first tokens` }
      : rateCheck(
          "slow first tokens",
          { events: candidate.slow, trials: candidate.ttfts },
          { most: tolerated.ttft, alpha },
        ),
    rateCheck(
      "timeouts",
      { events: candidate.timeouts, trials: candidate.requests },
      { most: tolerated.timeout, alpha },
    ),
  ];
}

interface Events {
  readonly events: number;
  readonly trials: number;
}

function rateCheck(what: string, { events, trials }: Events, rule: { most: number; alpha: number }): Check {
  if (trials === 0) return { status: "undecided", text: `${what}: no data` };
  const low = rateLowerBound(events, trials, 1 - rule.alpha);
  const high = rateUpperBound(events, trials, 1 - rule.alpha);
  const text = `${what} ${percentPoints(events / trials)} ≤ ${percentPoints(high)}, allowed ${percentPoints(rule.most)}, n = ${trials}`;
  return { status: high < rule.most ? "pass" : low > rule.most ? "fail" : "undecided", text };
}

/** At 100 % there is no legacy traffic to compare with: the absolute rates decide alone. */
function differences({ legacy, candidate, alpha, margin = 0.01 }: StepEvidence): readonly Check[] {
  if (legacy.requests < MIN_LEGACY) return [];
  const pairs: readonly (readonly [string, Events, Events])[] = [
    ["rise of errors", of(candidate.errors, candidate.requests), of(legacy.errors, legacy.requests)],
    ["rise of slow first tokens", of(candidate.slow, candidate.ttfts), of(legacy.slow, legacy.ttfts)],
    [
      "rise of rejected requests",
      of(candidate.rejected, candidate.requests + candidate.rejected),
      of(legacy.rejected, legacy.requests + legacy.rejected),
    ],
  ];
  return pairs
    .filter(([, a, b]) => a.trials > 0 && b.trials > 0)
    .map(([what, a, b]) => differenceCheck(what, [a, b], { margin, alpha }));
}

function of(events: number, trials: number): Events {
  return { events, trials };
}

function differenceCheck(
  what: string,
  [a, b]: readonly [Events, Events],
  rule: { margin: number; alpha: number },
): Check {
  const { low, high } = rateDifference(a, b, 1 - 2 * rule.alpha);
  const estimate = a.events / a.trials - b.events / b.trials;
  const text = `${what} ${percentPoints(estimate)} ≤ ${percentPoints(high)}, allowed ${percentPoints(rule.margin)}`;
  return { status: high <= rule.margin ? "pass" : low > rule.margin ? "fail" : "undecided", text };
}
