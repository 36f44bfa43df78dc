// How a run went over time: load of each worker, requests that wait for their first token, hit rate; means over equal bins.
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulationRun } from "./simulation.ts";

export interface TimeSeries {
  /** Width of a bin; the first begins at 0. */
  readonly stepMs: number;
  /** Mean number of requests on the workers, by bin: of the average worker and of the one that has most. */
  readonly load: { readonly mean: readonly number[]; readonly most: readonly number[] };
  /** Mean number of requests on each worker, by bin; only of fleets of at most 64. */
  readonly workers: readonly { readonly id: string; readonly load: readonly number[] }[];
  /** Mean number of requests that have no token yet, by bin: they wait, or their prompt is computed. */
  readonly queue: readonly number[];
  /** Cached ÷ prompt tokens of the requests whose first token came in the bin; null where none came. */
  readonly hitRate: readonly (number | null)[];
}

const BINS = 100;
const MOST_WORKERS = 64;

export function timeSeries({ requests, workers, endedAt }: SimulationRun): TimeSeries {
  const untilMs = Math.max(endOf({ requests, endedAt }), 1e-9);
  const stepMs = untilMs / BINS;
  const loads = workers.map(() => occupancy(stepMs));
  const queue = occupancy(stepMs);
  for (const { worker, legSentAt, sentAt, firstTokenAt, lastTokenAt, failedAt } of requests) {
    queue.add(sentAt, firstTokenAt ?? failedAt ?? untilMs);
    // Before its first token a request that failed may have been on several workers; one that has not ended may still wait.
    const leftAt = lastTokenAt ?? (firstTokenAt === undefined ? undefined : failedAt);
    if (leftAt !== undefined) loads[worker]?.add(legSentAt, leftAt);
  }
  const means = loads.map((one) => one.means());
  const over = (of: (values: readonly number[]) => number): number[] =>
    Array.from({ length: BINS }, (_, bin) => of(means.map((one) => one[bin] ?? 0)));
  return {
    stepMs,
    load: {
      mean: over((values) => values.reduce((sum, one) => sum + one, 0) / values.length),
      most: over((values) => values.reduce((most, one) => Math.max(most, one), 0)),
    },
    workers:
      workers.length > MOST_WORKERS ? [] : workers.map(({ worker }, i) => ({ id: worker.id, load: means[i] ?? [] })),
    queue: queue.means(),
    hitRate: hitRates(requests, stepMs),
  };
}

/** When the last thing happened that the run tells of; a step never ends later. */
export function endOf({ requests, endedAt }: Pick<SimulationRun, "requests" | "endedAt">): number {
  const last = requests.at(-1)?.sentAt ?? 0;
  return requests.reduce((latest, { failedAt = 0 }) => Math.max(latest, failedAt), Math.max(endedAt, last));
}

interface Occupancy {
  add(fromMs: number, toMs: number): void;
  means(): number[];
}

/** Sums of time within bins, so that a mean is exact however short a stay. */
function occupancy(stepMs: number): Occupancy {
  const parts = new Float64Array(BINS);
  const whole = new Float64Array(BINS + 1);
  const place = (ms: number): number => Math.min(BINS, Math.max(0, ms / stepMs));
  return {
    add(fromMs, toMs) {
      const [from, to] = [place(fromMs), place(toMs)];
      const [first, last] = [Math.min(BINS - 1, Math.floor(from)), Math.min(BINS - 1, Math.floor(to))];
      if (first === last) return void (parts[first] = (parts[first] ?? 0) + to - from);
      parts[first] = (parts[first] ?? 0) + first + 1 - from;
      parts[last] = (parts[last] ?? 0) + to - last;
      whole[first + 1] = (whole[first + 1] ?? 0) + 1;
      whole[last] = (whole[last] ?? 0) - 1;
    },
    means() {
      let running = 0;
      return Array.from(parts, (part, bin) => part + (running += whole[bin] ?? 0));
    },
  };
}

function hitRates(requests: readonly SimulatedRequest[], stepMs: number): (number | null)[] {
  const cached = new Float64Array(BINS);
  const prompt = new Float64Array(BINS);
  for (const { firstTokenAt, cachedTokens, content } of requests) {
    if (firstTokenAt === undefined || cachedTokens === undefined) continue;
    const bin = Math.min(BINS - 1, Math.floor(firstTokenAt / stepMs));
    cached[bin] = (cached[bin] ?? 0) + cachedTokens;
    prompt[bin] = (prompt[bin] ?? 0) + content.tokens;
  }
  return Array.from(prompt, (tokens, bin) => (tokens === 0 ? null : (cached[bin] ?? 0) / tokens));
}
