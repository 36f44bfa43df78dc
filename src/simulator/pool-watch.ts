// What the gateway of a simulation knows of one pool's traffic: the demand since the last look, and the latencies of late.
import { answerLengths, type Demand, type Latency, latencyWindow } from "../autoscaling/index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";

export interface PoolWatch {
  arrived(request: SimulatedRequest): void;
  ended(request: SimulatedRequest): void;
  /** Undefined before the first answer has ended: its length is not known. */
  demand(nowMs: number): Demand | undefined;
  /** Undefined while too few have ended. */
  observed(nowMs: number): Latency | undefined;
}

/** Means of lengths are of so many. */
const REMEMBERED = 256;

export function poolWatch(): PoolWatch {
  let arrivals: SimulatedRequest[] = [];
  let ends: SimulatedRequest[] = [];
  let promptTokens = 1;
  let since = 0;
  const latencies = latencyWindow();
  const answers = answerLengths();

  return {
    arrived: (request) => void arrivals.push(request),
    ended(request) {
      const { lastTokenAt, maxTokens } = request;
      if (lastTokenAt === undefined) return;
      if (ends.push(request) === 2 * REMEMBERED) ends = ends.slice(REMEMBERED);
      answers.add(maxTokens);
      latencies.add(lastTokenAt, ttftOf(request), maxTokens < 2 ? undefined : tpotOf(request));
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
        answerShape: answers.shape(),
      };
    },
    observed: (nowMs) => latencies.p99(nowMs),
  };
}

export function ttftOf({ firstTokenAt = Number.POSITIVE_INFINITY, sentAt }: SimulatedRequest): number {
  return firstTokenAt - sentAt;
}

export function tpotOf({ firstTokenAt, lastTokenAt, maxTokens }: SimulatedRequest): number {
  if (firstTokenAt === undefined || lastTokenAt === undefined || maxTokens < 2) return 0;
  return (lastTokenAt - firstTokenAt) / (maxTokens - 1);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
