// How many workers a demand needs, with what each number would give.
import { type Correction, corrected } from "./capacity-correction.ts";
import type { Demand, Latency } from "./pool-sample.ts";
import { predictLatency } from "./predict-latency.ts";
import type { ScaleSettings } from "./scale-settings.ts";

/** What a number of workers would give. */
export interface Alternative extends Latency {
  readonly replicas: number;
  readonly meetsSlo: boolean;
}

export interface CapacityContext {
  readonly settings: ScaleSettings;
  readonly correction: Correction;
}

export function alternativeOf(
  replicas: number,
  demand: Demand,
  { settings, correction }: CapacityContext,
): Alternative {
  const share = { ...demand, requestsPerSecond: demand.requestsPerSecond / replicas };
  const predicted = corrected(predictLatency(settings.worker, share, replicas), correction);
  const { slo, headroom } = settings;
  const meetsSlo =
    within(predicted.ttftP99Ms, slo.ttftP99Ms, headroom) && within(predicted.itlP99Ms, slo.itlP99Ms, headroom);
  return { replicas, ...predicted, meetsSlo };
}

function within(ms: number, limitMs: number, headroom: number): boolean {
  return Number.isFinite(ms) && ms <= headroom * limitMs;
}

/** Where no number of workers meets the SLO, more are of no use once they are this close to the best. */
const NEAR_BEST = 1.05;

/** Whether so many workers meet the SLO or, when the upper bound itself does not, do as well as it would. */
export function enough(demand: Demand, context: CapacityContext): (replicas: number) => boolean {
  const best = alternativeOf(context.settings.maxReplicas, demand, context);
  if (best.meetsSlo || !Number.isFinite(best.ttftP99Ms + best.itlP99Ms))
    return (replicas) => alternativeOf(replicas, demand, context).meetsSlo;
  return (replicas) => {
    const { ttftP99Ms, itlP99Ms } = alternativeOf(replicas, demand, context);
    return ttftP99Ms <= NEAR_BEST * best.ttftP99Ms && itlP99Ms <= NEAR_BEST * best.itlP99Ms;
  };
}

/** The fewest within the bounds that are enough, or the upper bound; more never do worse, so halving finds it. */
export function fewestReplicas(demand: Demand, context: CapacityContext): number {
  const isEnough = enough(demand, context);
  let [low, high] = [Math.max(1, context.settings.minReplicas), context.settings.maxReplicas];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Offered load over what so many workers take within the SLO. */
export function utilisation(replicas: number, demand: Demand, context: CapacityContext): number {
  const knee = kneeRate(demand, context, Math.max(1, replicas));
  if (demand.requestsPerSecond === 0) return 0;
  return replicas === 0 || knee === 0 ? Infinity : demand.requestsPerSecond / (replicas * knee);
}

const HALVINGS = 40;
/** Requests a second of one worker; no request is that short. */
const HIGHEST_RATE = 1e5;

/** Requests a second of each of `replicas` workers at which they just meet the SLO. */
export function kneeRate(demand: Demand, { settings, correction }: CapacityContext, replicas = 1): number {
  const full = { settings: { ...settings, headroom: 1 }, correction };
  let [low, high] = [0, HIGHEST_RATE];
  for (let i = 0; i < HALVINGS; i++) {
    const requestsPerSecond = (low + high) / 2;
    if (alternativeOf(replicas, { ...demand, requestsPerSecond: replicas * requestsPerSecond }, full).meetsSlo)
      low = requestsPerSecond;
    else high = requestsPerSecond;
  }
  return low;
}
