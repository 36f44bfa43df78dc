// How a run with pools that change their size is judged.
import { tpotOf, ttftOf } from "./pool-watch.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulationRun } from "./simulation.ts";

export interface ScalingSlo {
  readonly ttftMs: number;
  /** Mean gap of a request. */
  readonly itlMs: number;
}

export interface ScalingResult {
  readonly requests: number;
  /** Share of all requests within both limits; a failed one is not. */
  readonly attainment: number;
  readonly goodPerSecond: number;
  readonly failed: number;
  /** From the order to the end of each worker. */
  readonly gpuHours: number;
  readonly scaleEvents: number;
  readonly scaleEventsPerHour: number;
  /** On a worker when it was taken away, and then sent again, failed, or outside the limits. */
  readonly delayedByDrain: number;
  readonly mostWorkers: number;
}

const HOUR_MS = 3_600_000;

/** Counted up to `untilMs`, the end of the traffic, so that all rules are paid for the same time. */
export function scalingResult(run: SimulationRun, slo: ScalingSlo, untilMs: number): ScalingResult {
  const { requests, scaling } = run;
  const good = requests.filter((one) => isGood(one, slo)).length;
  const events = scaling?.events ?? [];
  const gpus = run.workers[0]?.profile.gpusPerReplica ?? 1;
  const delayed = new Set(
    (scaling?.drains ?? []).flatMap((drain) => touched(requests, drain).filter((one) => !isWell(one, slo))),
  );
  return {
    requests: requests.length,
    attainment: good / requests.length,
    goodPerSecond: (1000 * good) / untilMs,
    failed: requests.filter(({ failure }) => failure !== undefined).length,
    gpuHours: (gpus * (scaling?.paidMs(untilMs) ?? 0)) / HOUR_MS,
    scaleEvents: events.length,
    scaleEventsPerHour: (events.length * HOUR_MS) / untilMs,
    delayedByDrain: delayed.size,
    mostWorkers: Math.max(0, ...events.map(({ to }) => to)),
  };
}

export function isGood(request: SimulatedRequest, { ttftMs, itlMs }: ScalingSlo): boolean {
  return request.lastTokenAt !== undefined && ttftOf(request) <= ttftMs && tpotOf(request) <= itlMs;
}

function isWell(request: SimulatedRequest, slo: ScalingSlo): boolean {
  return request.retries === 0 && isGood(request, slo);
}

interface Drain {
  readonly worker: number;
  readonly atMs: number;
}

/** Longer than any request takes. */
const LOOK_BACK_MS = 1_800_000;

function touched(requests: readonly SimulatedRequest[], { worker, atMs }: Drain): SimulatedRequest[] {
  const from = firstSince(requests, atMs - LOOK_BACK_MS);
  const to = firstSince(requests, atMs);
  return requests.slice(from, to).filter((one) => {
    const was = one.worker === worker || one.tried.includes(worker);
    return was && (one.lastTokenAt ?? Number.POSITIVE_INFINITY) > atMs;
  });
}

function firstSince(requests: readonly SimulatedRequest[], atMs: number): number {
  let [low, high] = [0, requests.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((requests[middle]?.sentAt ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
