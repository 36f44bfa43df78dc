// What a simulation is reported as: one object, the same for table, JSON, CSV and page.
import type { TransferStats } from "../engine/offline.ts";
import { type Distribution, distribution, type LoadSlo, type LoadSummary, summarize } from "../workload/offline.ts";
import { cumulative, type CumulativePoint } from "./cumulative.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulationRun } from "./simulation.ts";
import { endOf, type TimeSeries, timeSeries } from "./time-series.ts";

export interface WorkerResult {
  readonly id: string;
  readonly profile: string;
  readonly requests: number;
  /** Cached ÷ prompt tokens. */
  readonly hitRate: number;
  readonly outputTokens: number;
  /** Share of the time in which a step ran: near 1 as soon as anything decodes, so no measure of load. */
  readonly busy: number;
  readonly preemptions: number;
}

export interface SimulationSlo extends LoadSlo {
  /** TTFT may also be so many times that of an idle worker without cache: long prompts take their time. */
  readonly ttftTimesUnloaded?: number | undefined;
}

export interface SimulationResult {
  readonly format: 1;
  readonly policy: string;
  readonly seed: string;
  /** Definitions of the load generator. */
  readonly summary: LoadSummary;
  /** TTFT ÷ that of an idle worker without cache. */
  readonly ttftRatio: Distribution;
  readonly workers: readonly WorkerResult[];
  /** Most requests on a worker ÷ mean. */
  readonly imbalance: number;
  /** Σ |predicted − real| cached tokens ÷ Σ prompt tokens. */
  readonly cachedError: number;
  /** Ended early, by Ctrl-C: requests that had not ended count as failed. */
  readonly interrupted: boolean;
  /** Requests that came before the warm-up's end or in the cool-down: simulated, but in no figure of `summary`. */
  readonly notCounted: number;
  /** Prompts and answers that were cut to what the smallest worker's KV cache holds. */
  readonly cut: number;
  /** Counted requests a second that clients sent; NaN when all came at once. */
  readonly offeredPerSecond: number;
  /** [ms, share of requests] */
  readonly ttftCdf: readonly CumulativePoint[];
  readonly tpotCdf: readonly CumulativePoint[];
  /** Of all requests, the warm-up included. */
  readonly series: TimeSeries;
  /** Only of a world with roles, failures or start-ups. */
  readonly world?: WorldResult | undefined;
}

export interface WorldResult {
  /** Requests whose prompt one worker computed and another one got. */
  readonly split: number;
  /** Requests that one worker served whole. */
  readonly whole: number;
  /** Of split requests: from the start of the pull, the wait for the link in it. */
  readonly transferMs: Distribution | undefined;
  readonly transferredTokens: number;
  readonly failedLoads: number;
  readonly expiredLeases: number;
  /** Workers that died. */
  readonly workerFailures: number;
  readonly retries: number;
  /** Requests that failed, by why. */
  readonly failed: Readonly<Record<string, number>>;
}

export interface ResultContext {
  readonly policy: string;
  readonly seed: string;
  readonly slo: SimulationSlo;
  /** Name of each worker's profile. */
  readonly profiles: readonly string[];
  /** Requests before this time do not count. Default 0. */
  readonly warmUpMs?: number;
  /** Nor do so many of the first and of the last. Default 0. */
  readonly warmUpRequests?: number;
  readonly coolDownRequests?: number;
  /** Requests that were shortened to fit. Default 0. */
  readonly cut?: number;
  /** The run had a world. */
  readonly hasWorld?: boolean;
}

export function simulationResult(run: SimulationRun, context: ResultContext): SimulationResult {
  const counted = countedOf(run.requests, context);
  const summary = summarize(counted.map((one) => one.toSample()));
  // As in the summary, a request that fails has no latency.
  const ended = counted.filter(({ lastTokenAt }) => lastTokenAt !== undefined);
  const good = counted.filter((one) => meets(one, context.slo)).length;
  const itlMs = run.gaps.distribution();
  return {
    format: 1,
    policy: context.policy,
    seed: context.seed,
    summary: {
      ...summary,
      itlMs,
      goodputFraction: good / counted.length,
      goodputPerSecond: (good * 1000) / summary.durationMs,
    },
    ttftRatio: distribution(ended.map(ratio).filter((one) => one !== undefined)),
    workers: workersOf(run, context.profiles),
    imbalance: imbalance(run),
    cachedError: cachedError(counted),
    interrupted: run.interrupted,
    notCounted: run.requests.length - counted.length,
    cut: context.cut ?? 0,
    offeredPerSecond: offered(counted),
    ttftCdf: cumulative(ended.map(ttft).filter((one) => one !== undefined)),
    tpotCdf: cumulative(ended.map(tpot).filter((one) => one !== undefined)),
    series: timeSeries(run),
    ...(context.hasWorld === true && { world: worldOf(run, counted) }),
  };
}

function countedOf(requests: readonly SimulatedRequest[], context: ResultContext): SimulatedRequest[] {
  const { warmUpMs = 0, warmUpRequests = 0, coolDownRequests = 0 } = context;
  return requests
    .slice(warmUpRequests, Math.max(0, requests.length - coolDownRequests))
    .filter((one) => one.plannedAt >= warmUpMs);
}

/** The last request opens no gap. */
function offered(requests: readonly SimulatedRequest[]): number {
  const [first, last] = [requests[0], requests.at(-1)];
  if (first === undefined || last === undefined || last.sentAt <= first.sentAt) return Number.NaN;
  return (1000 * (requests.length - 1)) / (last.sentAt - first.sentAt);
}

function worldOf({ workers, failures }: SimulationRun, counted: readonly SimulatedRequest[]): WorldResult {
  const transfers = counted.map(({ transferMs }) => transferMs).filter((one) => one !== undefined);
  const failed: Record<string, number> = {};
  for (const { failure } of counted) if (failure !== undefined) failed[failure] = (failed[failure] ?? 0) + 1;
  const ended = counted.filter(({ lastTokenAt }) => lastTokenAt !== undefined);
  const sum = (of: (stats: TransferStats) => number): number =>
    workers.reduce((total, { transfers: stats }) => total + of(stats), 0);
  return {
    split: ended.filter(({ leg }) => leg !== undefined).length,
    whole: ended.filter(({ leg }) => leg === undefined).length,
    transferMs: transfers.length === 0 ? undefined : distribution(transfers),
    transferredTokens: sum(({ loadedTokens }) => loadedTokens),
    failedLoads: sum(({ failedLoads }) => failedLoads),
    expiredLeases: sum(({ expired }) => expired),
    workerFailures: failures,
    retries: counted.reduce((total, { retries }) => total + retries, 0),
    failed,
  };
}

function ttft({ firstTokenAt, sentAt }: SimulatedRequest): number | undefined {
  return firstTokenAt === undefined ? undefined : firstTokenAt - sentAt;
}

function tpot({ firstTokenAt, lastTokenAt, maxTokens }: SimulatedRequest): number | undefined {
  if (firstTokenAt === undefined || lastTokenAt === undefined || maxTokens < 2) return undefined;
  return (lastTokenAt - firstTokenAt) / (maxTokens - 1);
}

function ratio({ firstTokenAt, sentAt, unloadedTtftMs }: SimulatedRequest): number | undefined {
  return firstTokenAt === undefined ? undefined : (firstTokenAt - sentAt) / unloadedTtftMs;
}

function meets(request: SimulatedRequest, slo: SimulationSlo): boolean {
  const { firstTokenAt, lastTokenAt, sentAt } = request;
  if (firstTokenAt === undefined || lastTokenAt === undefined) return false;
  const relative = (slo.ttftTimesUnloaded ?? 0) * request.unloadedTtftMs;
  return (
    (slo.ttftMs === undefined || firstTokenAt - sentAt <= Math.max(slo.ttftMs, relative)) &&
    (slo.tpotMs === undefined || (tpot(request) ?? 0) <= slo.tpotMs) &&
    (slo.e2eMs === undefined || lastTokenAt - sentAt <= slo.e2eMs)
  );
}

function workersOf(run: SimulationRun, profiles: readonly string[]): WorkerResult[] {
  const untilMs = endOf(run);
  return run.workers.map(({ worker, totals, preemptions }, i) => ({
    id: worker.id,
    profile: profiles[i] ?? "",
    requests: totals.requests,
    hitRate: totals.promptTokens === 0 ? 0 : totals.cachedTokens / totals.promptTokens,
    outputTokens: totals.outputTokens,
    busy: untilMs > 0 ? totals.busyMs / untilMs : 0,
    preemptions,
  }));
}

function imbalance({ workers }: SimulationRun): number {
  const counts = workers.map(({ totals }) => totals.requests);
  return (Math.max(...counts) * counts.length) / counts.reduce((sum, one) => sum + one, 0);
}

function cachedError(requests: readonly SimulatedRequest[]): number {
  let [off, prompt] = [0, 0];
  for (const { cachedTokens, predictedCached, content } of requests) {
    if (cachedTokens === undefined) continue;
    off += Math.abs(predictedCached - cachedTokens);
    prompt += content.tokens;
  }
  return off / prompt;
}
