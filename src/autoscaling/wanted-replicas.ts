// How many workers each mode asks for.
import type { ScaleView, Wanted } from "./decide-scale.ts";
import { alternativeOf, enough, fewestReplicas, utilisation } from "./pool-capacity.ts";
import type { ScaleMode, ScaleSettings, ScheduleEntry } from "./scale-settings.ts";

export function wantedReplicas(view: ScaleView, changedAt: number | undefined): Wanted {
  const { mode } = view.settings;
  if (mode.kind === "slo") return bySlo(view);
  if (mode.kind === "seed") return bySeed(view, mode, changedAt);
  if (mode.kind === "manual") return asked(mode.replicas, "a person asked for it", view.settings);
  return asked(scheduled(mode.entries, view.now) ?? view.current, "the schedule says so", view.settings);
}

function asked(replicas: number, reason: string, { minReplicas, maxReplicas }: ScaleSettings): Wanted {
  return { replicas: Math.min(maxReplicas, Math.max(minReplicas, replicas)), reason, must: true };
}

function bySlo(view: ScaleView): Wanted {
  const { current, expected, settings } = view;
  const replicas = fewestReplicas(expected, view);
  const at = `${expected.requestsPerSecond.toFixed(2)} requests/s`;
  if (replicas >= current) {
    return { replicas, reason: `${replicas} workers ${whatTheyDo(replicas, view)} at ${at}` };
  }
  // One or the other waits for its turn in each healthy engine.
  if (view.waiting > view.ready) return { replicas: current, reason: "requests wait: none is taken away" };
  if (!enough(expected, view)(current - 1))
    return { replicas: current, reason: `${current - 1} workers would miss the SLO at ${at}` };
  return {
    replicas: Math.max(settings.minReplicas, current - 1),
    reason: `${current - 1} workers ${whatTheyDo(current - 1, view)} at ${at}`,
  };
}

function whatTheyDo(replicas: number, view: ScaleView): string {
  const { expected, settings } = view;
  if (alternativeOf(replicas, expected, view).meetsSlo) return "meet the SLO";
  if (enough(expected, view)(replicas) && replicas < settings.maxReplicas)
    return "miss the SLO, as more would: it is out of reach";
  return `miss the SLO, and ${settings.maxReplicas} are the upper bound`;
}

type SeedMode = Extract<ScaleMode, { readonly kind: "seed" }>;

function bySeed(view: ScaleView, { up, down, cooldownMs }: SeedMode, changedAt: number | undefined): Wanted {
  const { current, demand, waiting, settings, now } = view;
  const share = utilisation(view.ready, demand, view);
  const figures = `utilisation ${share.toFixed(2)}, ${waiting} waiting`;
  if (changedAt !== undefined && now - changedAt < cooldownMs)
    return { replicas: current, reason: `${figures}; a change was made less than ${cooldownMs} ms ago` };
  if (share > up.gpuUtilization || waiting > up.queueDepth)
    return { replicas: Math.min(settings.maxReplicas, current + 1), reason: `${figures}: above scaleUpThreshold` };
  if (share < down.gpuUtilization && waiting < down.queueDepth)
    return { replicas: Math.max(1, settings.minReplicas, current - 1), reason: `${figures}: below scaleDownThreshold` };
  return { replicas: current, reason: `${figures}: between the thresholds` };
}

const DAY_MINUTES = 1440;

/** The last entry that began, of yesterday when none has today; undefined without entries. */
function scheduled(entries: readonly ScheduleEntry[], epochMs: number): number | undefined {
  const minute = Math.floor(epochMs / 60_000) % DAY_MINUTES;
  const sorted = entries.toSorted((a, b) => a.fromMinute - b.fromMinute);
  return (sorted.findLast((one) => one.fromMinute <= minute) ?? sorted.at(-1))?.replicas;
}
