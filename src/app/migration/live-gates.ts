// The rates of the present step with their intervals, for display.
import type { ArmCounts, LiveGate, PlanState } from "../../migration/index.ts";
import { clopperPearson } from "../../stats/index.ts";

export function liveGates({ plan, progress }: PlanState): readonly LiveGate[] {
  const { error, ttft, timeout } = plan.rollback.tolerated;
  return (["candidate", "legacy"] as const).flatMap((arm) => {
    const counts = progress[arm];
    const gate = (what: LiveGate["what"], [events, n]: readonly [number, number], tolerated?: number): LiveGate => {
      const { low, high } = clopperPearson(events, n, 0.95);
      const allowed = arm === "legacy" || tolerated === undefined ? {} : { tolerated };
      return { what, arm, events, n, rate: n === 0 ? 0 : events / n, low, high, ...allowed };
    };
    return [
      gate("errors", [counts.errors, counts.requests], error),
      gate("slow first tokens", [counts.slow, counts.ttfts], ttft),
      gate("timeouts", [counts.timeouts, counts.requests], timeout),
      gate("rejected", rejected(counts)),
    ];
  });
}

function rejected({ rejected, requests }: ArmCounts): readonly [number, number] {
  return [rejected, rejected + requests];
}
