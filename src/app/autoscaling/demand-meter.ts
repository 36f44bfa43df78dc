// What clients ask of each model, and how fast they were served: read by the autoscaler, beside the recording of traffic.
import { answerLengths, type Demand, type Latency, latencyWindow } from "../../autoscaling/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Role } from "../../fleet/index.ts";
import type { Client, TrafficRecorder } from "../../gateway/index.ts";
import { type PromiseMeter, promiseMeter } from "./promise-meter.ts";

export interface DemandMeter {
  readonly recorder: TrafficRecorder;
  /** Counts for one reader from now on, and tells it of each request. A pool with a role gets its part of split requests. */
  reader(model: string, onRequest?: () => void, role?: Role): DemandReader;
}

export interface DemandReader {
  /** Since the last time. */
  take(): Measured;
  /** As `take`, but goes on counting. */
  look(): Measured;
  /** What the requests of late were promised. */
  readonly promised: PromiseMeter["promised"];
  close(): void;
}

export interface Measured {
  /** Undefined when requests came and none has shown how long answers are. */
  readonly demand: Demand | undefined;
  /** Of late, not only since the last time: a percentile wants more answers than one interval may have. */
  readonly observed: Latency | undefined;
}

type Recorded = Parameters<TrafficRecorder["ended"]>[0];
type Outcome = Parameters<TrafficRecorder["ended"]>[1];

export function demandMeter(clock: Clock): DemandMeter {
  const tallies = new Map<string, Set<Tally>>();
  const of = ({ model }: Recorded): Iterable<Tally> => tallies.get(model ?? "") ?? [];
  return {
    recorder: {
      identified(record) {
        for (const one of of(record)) one.came(record.promptTokens ?? 0, record.client?.slo);
      },
      ended(record, outcome) {
        for (const one of of(record)) one.ended(record, outcome);
      },
    },
    reader(model, onRequest = () => undefined, role = "both") {
      const tally = newTally(clock, { role, onRequest });
      const all = tallies.get(model) ?? new Set();
      tallies.set(model, all.add(tally));
      const { take, look, promised } = tally;
      return { take, look, promised, close: () => void all.delete(tally) };
    },
  };
}

interface Tally extends Pick<DemandReader, "take" | "look" | "promised"> {
  came(promptTokens: number, slo: Client["slo"]): void;
  ended(record: Recorded, outcome: Outcome): void;
}

/** Means of a request. */
interface Shape {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly split: Split;
}

/** Of the requests that two workers served. */
interface Split {
  /** 0 to 1, of all. */
  readonly share: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

const NONE_SPLIT: Split = { share: 0, promptTokens: 1, cachedTokens: 0 };

interface Counts {
  readonly since: number;
  arrivals: number;
  prompts: number;
  served: number;
  cached: number;
  outputs: number;
  split: number;
  splitPrompts: number;
  splitCached: number;
}

interface TallyOptions {
  readonly role: Role;
  readonly onRequest: () => void;
}

function newTally(clock: Clock, { role, onRequest }: TallyOptions): Tally {
  let counts = noCounts(clock.now());
  let before: Partial<Shape> = {};
  const promises = promiseMeter(clock);
  const latencies = latencyWindow();
  const answers = answerLengths();

  function look(): Measured {
    const seen = shapeOf(means(counts, before));
    const seconds = (clock.now() - counts.since) / 1000;
    const requestsPerSecond = seconds > 0 ? counts.arrivals / seconds : 0;
    const idle = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, split: NONE_SPLIT };
    const known = seen ?? (counts.arrivals === 0 ? idle : undefined);
    const answerShape = answers.shape();
    const demand = known && { ...partOf(role, requestsPerSecond, known), ...(answerShape && { answerShape }) };
    return { demand, observed: latencies.p99(clock.now()) };
  }

  return {
    came(promptTokens, slo) {
      promises.came(slo);
      counts.arrivals += 1;
      counts.prompts += promptTokens;
      onRequest();
    },
    ended(record, outcome) {
      if (outcome !== "ok") return;
      const { firstTokenAt, lastTokenAt, readAt, tokenEvents, usage, stream } = record;
      counts.served += 1;
      counts.cached += usage?.cachedTokens ?? 0;
      const answerTokens = usage?.completionTokens ?? tokenEvents;
      counts.outputs += answerTokens;
      answers.add(answerTokens);
      if (record.legs.some(({ prefilled }) => prefilled === true)) {
        counts.split += 1;
        counts.splitPrompts += record.promptTokens ?? 0;
        counts.splitCached += usage?.cachedTokens ?? 0;
      }
      if (!stream || firstTokenAt === undefined || readAt === undefined) return;
      const several = lastTokenAt !== undefined && tokenEvents > 1;
      const gapMs = several ? (lastTokenAt - firstTokenAt) / (tokenEvents - 1) : undefined;
      latencies.add(clock.now(), firstTokenAt - readAt, gapMs);
    },
    look,
    promised: (stated) => promises.promised(stated),
    take() {
      const measured = look();
      before = means(counts, before);
      counts = noCounts(clock.now());
      return measured;
    },
  };
}

function noCounts(since: number): Counts {
  return {
    since,
    arrivals: 0,
    prompts: 0,
    served: 0,
    cached: 0,
    outputs: 0,
    split: 0,
    splitPrompts: 0,
    splitCached: 0,
  };
}

/** What did not happen since the last time is as it was then. */
function means(counts: Counts, before: Partial<Shape>): Partial<Shape> {
  const { arrivals, prompts, served, cached, outputs } = counts;
  return {
    ...before,
    ...(arrivals > 0 && { promptTokens: prompts / arrivals }),
    ...(served > 0 && { cachedTokens: cached / served, outputTokens: outputs / served }),
    ...(served > 0 && { split: splitOf(counts, before.split) }),
  };
}

function splitOf({ served, split, splitPrompts, splitCached }: Counts, before = NONE_SPLIT): Split {
  if (split === 0) return { ...before, share: 0 };
  return { share: split / served, promptTokens: splitPrompts / split, cachedTokens: splitCached / split };
}

/** Prompts of split requests are computed by the prefill pool, all others by the decode pool, which makes all answers. */
function partOf(role: Role, requestsPerSecond: number, { split, ...all }: Shape): Demand {
  if (role === "both") return { requestsPerSecond, ...all };
  if (role === "decode") return { requestsPerSecond, ...all, wholeShare: 1 - split.share };
  const { share, promptTokens } = split;
  const cachedTokens = Math.min(split.cachedTokens, promptTokens);
  return { requestsPerSecond: share * requestsPerSecond, ...all, promptTokens, cachedTokens };
}

/** Undefined when a part is not known. */
function shapeOf({ promptTokens, cachedTokens, outputTokens, split = NONE_SPLIT }: Partial<Shape>): Shape | undefined {
  if (promptTokens === undefined || cachedTokens === undefined || outputTokens === undefined) return undefined;
  return { promptTokens, cachedTokens: Math.min(cachedTokens, promptTokens), outputTokens, split };
}
