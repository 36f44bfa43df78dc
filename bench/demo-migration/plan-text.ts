// The plans of the demonstration: the seed's schedule on a clock that is faster than the calendar's.
import { document } from "../lib/document.ts";

export interface DemoPlan {
  readonly name: string;
  readonly legacyUrl: string;
  readonly weights: readonly number[] | undefined;
  readonly shadow: boolean;
  readonly timeScale: number;
  readonly minPairs: number;
  /** Requests a second. */
  readonly rate: number;
}

/**
 * Gates are as strict as some dozens of requests a step allow: at 1 % of the traffic the thousand of a real step would
 * take hours. Everything else is what a real plan has.
 */
export function planText({ name, legacyUrl, weights, shadow, timeScale, minPairs, rate }: DemoPlan): string {
  return document({
    kind: "MigrationPlan",
    name,
    spec: {
      legacy: { url: legacyUrl, gpus: 2 },
      candidate: { deployment: "migrated-from-vllm", gpus: 8 },
      slo: { ttftP99Ms: 2000 },
      schedule: {
        ...(weights !== undefined && { steps: weights.map((weight) => ({ weight })) }),
        timeScale,
        minRequests: 20,
        checkIntervalSeconds: 0.25,
        noDataGraceSeconds: 60,
        requestsPerSecond: rate,
      },
      gates: { alpha: 0.5, margin: 0.16 },
      shadow: shadow
        ? {
            fraction: 1,
            repeatFraction: 0.1,
            coldStartSeconds: 1,
            minPairs,
            // As planned time; the clock is faster.
            verdictAfterSeconds: (shadowSeconds({ minPairs, rate }) * timeScale) | 0,
            waive: ["span", "load"],
            // A machine that others use too must not drop copies, of which 1 % make the sample no sample.
            maxInflight: 1000,
            brakeLoopLagMs: 1000,
            brakePrimaryP99Ms: 10_000,
          }
        : { enabled: false },
      rollback: { maxErrorRate: 0.12, maxSlowRate: 0.12, maxTimeoutRate: 0.12, baselineTtftMs: 1000 },
    },
  });
}

/** At the demonstration's rate, with some to spare. */
function shadowSeconds({ minPairs, rate }: Pick<DemoPlan, "minPairs" | "rate">): number {
  return Math.ceil((1.2 * minPairs) / rate) + 2;
}
