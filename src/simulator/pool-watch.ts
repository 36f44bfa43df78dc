// What the gateway of a simulation knows of one pool's traffic: the demand since the last look, and the latencies of late.
import type { Demand, Latency } from "../autoscaling/index.ts";
import { percentile } from "../core/index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";

export interface PoolWatch {
  arrived(request: SimulatedRequest): void;
  ended(request: SimulatedRequest): void;
  /** Undefined before the first answer has ended: its length is not known. */
  demand(nowMs: number): Demand | undefined;
  /** Undefined while too few have ended. */
  observed(nowMs: number): Latency | undefined;
}

const OBSERVED_MS = 120_000;
/** P99 of fewer is a matter of luck. */
const FEWEST_OBSERVED = 50;
/** Means of lengths are of so many. */
const REMEMBERED = 256;

export function poolWatch(): PoolWatch {
  let arrivals: SimulatedRequest[] = [];
  let ends: SimulatedRequest[] = [];
  let promptTokens = 1;
  let since = 0;

  return {
    arrived: (request) => void arrivals.push(request),
    ended(request) {
      if (request.lastTokenAt !== undefined) ends.push(request);
    },
    demand(nowMs) {
      const came = arrivals;
      const seconds = (nowMs - since) / 1000;
      arrivals = [];
      since = nowMs;
      const late = ends.slice(-REMEMBERED);
      if (late.length === 0) return undefined;
      if (came.length > 0) promptTokens = mean(came.map(({ content }) => content.tokens));
      const share = sum(late.map((one) => one.cachedTokens ?? 0)) / sum(late.map(({ content }) => content.tokens));
      return {
        requestsPerSecond: came.length / seconds,
        promptTokens,
        cachedTokens: share * promptTokens,
        outputTokens: mean(late.map(({ maxTokens }) => maxTokens)),
      };
    },
    observed(nowMs) {
      const first = ends.findIndex(({ lastTokenAt = 0 }) => nowMs - lastTokenAt <= OBSERVED_MS);
      const recent = first < 0 ? [] : ends.slice(first);
      ends = ends.slice(first < 0 ? -REMEMBERED : Math.min(first, Math.max(0, ends.length - REMEMBERED)));
      if (recent.length < FEWEST_OBSERVED) return undefined;
      return { ttftP99Ms: p99(recent.map(ttftOf)), itlP99Ms: p99(recent.map(tpotOf)) };
    },
  };
}

export function ttftOf({ firstTokenAt = Number.POSITIVE_INFINITY, sentAt }: SimulatedRequest): number {
  return firstTokenAt - sentAt;
}

export function tpotOf({ firstTokenAt, lastTokenAt, maxTokens }: SimulatedRequest): number {
  if (firstTokenAt === undefined || lastTokenAt === undefined || maxTokens < 2) return 0;
  return (lastTokenAt - firstTokenAt) / (maxTokens - 1);
}

function p99(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    99,
  );
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
