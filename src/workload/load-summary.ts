// The figures of a load run, by the definitions of vLLM bench, AIPerf and inference-perf; see docs/bench.md.
import { percentile } from "../core/index.ts";
import type { RequestSample } from "./request-sample.ts";

/** Milliseconds a request may take to count as good; unset = not asked. */
export interface LoadSlo {
  readonly ttftMs?: number | undefined;
  readonly tpotMs?: number | undefined;
  readonly e2eMs?: number | undefined;
}

export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadSummary {
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
  /** Failure text → how often; at most 8. */
  readonly failures: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** Send → first token-bearing event. */
  readonly ttftMs: Distribution;
  /** Send → first event with choices. */
  readonly ttftFirstChunkMs: Distribution;
  /** (E2E − TTFT) ÷ (output tokens − 1); requests with at most one token left out. */
  readonly tpotMs: Distribution;
  /** Gap between token-bearing events. */
  readonly itlMs: Distribution;
  readonly e2eMs: Distribution;
  readonly tokensPerChunk: number;
  readonly outputTokensPerSecond: number;
  readonly requestsPerSecond: number;
  /** Requests that meet the SLO ÷ requests issued; failures count against it. */
  readonly goodputFraction: number;
  /** Requests that meet the SLO per second. */
  readonly goodputPerSecond: number;
  /** Actual − planned send. */
  readonly scheduleLagMs: Distribution;
  /** True when p99 of the lag is above 10 ms: the figures are then the client's, not the server's. */
  readonly behindSchedule: boolean;
  /** Σ cached ÷ Σ prompt tokens where the server told both; NaN when it never did. */
  readonly hitRate: number;
}

const LAG_LIMIT_MS = 10;

export function summarize(samples: readonly RequestSample[], slo: LoadSlo = {}): LoadSummary {
  const ok = samples.filter((one) => one.outcome === "ok");
  const lastAt = samples.reduce((last, one) => Math.max(last, one.lastTokenAt ?? one.sentAt), 0);
  const durationMs = lastAt - samples.reduce((first, one) => Math.min(first, one.sentAt), Number.POSITIVE_INFINITY);
  const seconds = durationMs / 1000;
  const good = ok.filter((one) => meets(one, slo)).length;
  const tokens = total(ok, (one) => one.outputTokens ?? one.chunks);
  const told = ok.filter((one) => one.cachedTokens !== undefined && one.promptTokens !== undefined);
  const scheduleLagMs = distribution(samples.map((one) => one.sentAt - one.plannedAt));
  return {
    requests: samples.length,
    ok: ok.length,
    failed: samples.length - ok.length,
    failures: failures(samples),
    durationMs,
    ttftMs: distribution(ok.map(ttft)),
    ttftFirstChunkMs: distribution(ok.map((one) => (one.firstChunkAt ?? Number.NaN) - one.sentAt)),
    tpotMs: distribution(ok.map(tpot).filter((value) => value !== undefined)),
    itlMs: distribution(ok.flatMap((one) => one.gaps)),
    e2eMs: distribution(ok.map(e2e)),
    tokensPerChunk: tokens / total(ok, (one) => one.chunks),
    outputTokensPerSecond: tokens / seconds,
    requestsPerSecond: ok.length / seconds,
    goodputFraction: good / samples.length,
    goodputPerSecond: good / seconds,
    scheduleLagMs,
    behindSchedule: scheduleLagMs.p99 > LAG_LIMIT_MS,
    hitRate: total(told, (one) => one.cachedTokens ?? 0) / total(told, (one) => one.promptTokens ?? 0),
  };
}

const ttft = (one: RequestSample): number => (one.firstTokenAt ?? Number.NaN) - one.sentAt;
const e2e = (one: RequestSample): number => (one.lastTokenAt ?? Number.NaN) - one.sentAt;

function tpot(one: RequestSample): number | undefined {
  const tokens = one.outputTokens ?? one.chunks;
  return tokens > 1 ? (e2e(one) - ttft(one)) / (tokens - 1) : undefined;
}

/** A request of one token has no TPOT to miss. */
function meets(one: RequestSample, { ttftMs, tpotMs, e2eMs }: LoadSlo): boolean {
  const within = (value: number, limit: number | undefined): boolean => limit === undefined || value <= limit;
  return within(ttft(one), ttftMs) && within(tpot(one) ?? 0, tpotMs) && within(e2e(one), e2eMs);
}

export function distribution(values: readonly number[]): Distribution {
  const sorted = Float64Array.from(values).sort();
  const sum = sorted.reduce((all, one) => all + one, 0);
  return distributionOf({ count: sorted.length, sum, at: (percent) => percentile(sorted, percent) });
}

export interface Ordered {
  readonly count: number;
  readonly sum: number;
  /** `percent`: 0 is the smallest, 100 the largest. */
  readonly at: (percent: number) => number;
}

export function distributionOf({ count, sum, at }: Ordered): Distribution {
  return {
    count,
    mean: sum / count,
    p50: at(50),
    p75: at(75),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
  };
}

function total<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0);
}

function failures(samples: readonly RequestSample[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { failure } of samples) if (failure !== undefined) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).slice(0, 8));
}
