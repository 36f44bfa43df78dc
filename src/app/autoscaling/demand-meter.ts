// What clients ask of each model, and how fast they were served: read by the autoscaler, beside the recording of traffic.
import type { Demand, Latency } from "../../autoscaling/index.ts";
import { type Clock, percentile } from "../../core/index.ts";
import type { TrafficRecorder } from "../../gateway/index.ts";

export interface DemandMeter {
  readonly recorder: TrafficRecorder;
  /** Counts for one reader from now on, and tells it of each request. */
  reader(model: string, onRequest?: () => void): DemandReader;
}

export interface DemandReader {
  /** Since the last time. */
  take(): Measured;
  /** As `take`, but goes on counting. */
  look(): Measured;
  close(): void;
}

export interface Measured {
  /** Undefined when requests came and none has shown how long answers are. */
  readonly demand: Demand | undefined;
  readonly observed: Latency | undefined;
}

type Recorded = Parameters<TrafficRecorder["ended"]>[0];
type Outcome = Parameters<TrafficRecorder["ended"]>[1];

/** Enough for a 99th percentile; the latest count. */
const KEPT = 4096;

export function demandMeter(clock: Clock): DemandMeter {
  const tallies = new Map<string, Set<Tally>>();
  const of = ({ model }: Recorded): Iterable<Tally> => tallies.get(model ?? "") ?? [];
  return {
    recorder: {
      identified(record) {
        for (const one of of(record)) one.came(record.promptTokens ?? 0);
      },
      ended(record, outcome) {
        for (const one of of(record)) one.ended(record, outcome);
      },
    },
    reader(model, onRequest) {
      const tally = newTally(clock, onRequest);
      const all = tallies.get(model) ?? new Set();
      tallies.set(model, all.add(tally));
      return { take: () => tally.take(), look: () => tally.look(), close: () => void all.delete(tally) };
    },
  };
}

interface Tally {
  came(promptTokens: number): void;
  ended(record: Recorded, outcome: Outcome): void;
  look(): Measured;
  take(): Measured;
}

/** Means of a request. */
interface Shape {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

interface Counts {
  readonly since: number;
  arrivals: number;
  prompts: number;
  served: number;
  cached: number;
  outputs: number;
  readonly ttft: number[];
  readonly itl: number[];
}

function newTally(clock: Clock, onRequest?: () => void): Tally {
  let counts = noCounts(clock.now());
  let before: Partial<Shape> = {};

  function look(): Measured {
    const seen = shapeOf(means(counts, before));
    const seconds = (clock.now() - counts.since) / 1000;
    const requestsPerSecond = seconds > 0 ? counts.arrivals / seconds : 0;
    const idle = { promptTokens: 1, cachedTokens: 0, outputTokens: 1 };
    const known = seen ?? (counts.arrivals === 0 ? idle : undefined);
    return { demand: known && { requestsPerSecond, ...known }, observed: latencyOf(counts) };
  }

  return {
    came(promptTokens) {
      counts.arrivals += 1;
      counts.prompts += promptTokens;
      onRequest?.();
    },
    ended(record, outcome) {
      if (outcome !== "ok") return;
      const { firstTokenAt, lastTokenAt, readAt, tokenEvents, usage, stream } = record;
      counts.served += 1;
      counts.cached += usage?.cachedTokens ?? 0;
      counts.outputs += usage?.completionTokens ?? tokenEvents;
      if (!stream || firstTokenAt === undefined || readAt === undefined) return;
      keep(counts.ttft, firstTokenAt - readAt);
      if (lastTokenAt !== undefined && tokenEvents > 1)
        keep(counts.itl, (lastTokenAt - firstTokenAt) / (tokenEvents - 1));
    },
    look,
    take() {
      const measured = look();
      before = means(counts, before);
      counts = noCounts(clock.now());
      return measured;
    },
  };
}

function noCounts(since: number): Counts {
  return { since, arrivals: 0, prompts: 0, served: 0, cached: 0, outputs: 0, ttft: [], itl: [] };
}

/** What did not happen since the last time is as it was then. */
function means({ arrivals, prompts, served, cached, outputs }: Counts, before: Partial<Shape>): Partial<Shape> {
  return {
    ...before,
    ...(arrivals > 0 && { promptTokens: prompts / arrivals }),
    ...(served > 0 && { cachedTokens: cached / served, outputTokens: outputs / served }),
  };
}

/** Undefined when a part is not known. */
function shapeOf({ promptTokens, cachedTokens, outputTokens }: Partial<Shape>): Shape | undefined {
  if (promptTokens === undefined || cachedTokens === undefined || outputTokens === undefined) return undefined;
  return { promptTokens, cachedTokens: Math.min(cachedTokens, promptTokens), outputTokens };
}

function latencyOf({ ttft, itl }: Counts): Latency | undefined {
  if (ttft.length === 0) return undefined;
  return { ttftP99Ms: p99(ttft), itlP99Ms: itl.length === 0 ? NaN : p99(itl) };
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > KEPT) values.shift();
}

function p99(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    99,
  );
}
