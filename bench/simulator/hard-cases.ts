// Traffic on which policies are known to collapse: a hot prefix, a cold worker that joins, and herds between updates of the state.
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import {
  DEFAULT_WORLD,
  openLoop,
  type Scenario,
  simulate,
  type SimulationRun,
  traceContents,
  type World,
} from "../../src/simulator/index.ts";
import type { Trace, TraceRow } from "../../src/workload/index.ts";

export interface HardCase {
  readonly name: string;
  readonly trace: Trace;
  readonly world: World | undefined;
  /** Requests in whose share a collapse shows. */
  readonly isWatched: (row: TraceRow) => boolean;
}

export interface HardResult {
  /** Share of requests within the objectives. */
  readonly goodput: number;
  /** Of the watched requests, the largest share that one worker got. */
  readonly largestShare: number;
  readonly ttftP99Ms: number;
  readonly hitRate: number;
}

export const WORKERS = 8;
const BLOCK = 512;
/** Long enough that a warm worker takes them many times faster than a cold one. */
const PREFIX_BLOCKS = 24;
const profile = loadProfile("qwen3-32b-h200-tp2-bf16");

export function hardCases(seconds: number): readonly HardCase[] {
  return [hotPrefix(seconds), coldWorker(seconds), herd(seconds)];
}

/** Of 24 requests a second two thirds begin with the same 12k tokens: more than one worker can take even from its cache. */
function hotPrefix(seconds: number): HardCase {
  const random = seededRandom("hot prefix");
  const make = maker(random);
  let atMs = 0;
  const rows = Array.from({ length: 24 * seconds }, () =>
    make((atMs += (2 * 1000 * random.next()) / 24), random.next() < 2 / 3 ? 0 : undefined),
  );
  return { name: "hot prefix", trace: traceOf(rows), world: undefined, isWatched: isShared };
}

/** Forty groups with a prefix of their own, each known to some worker, until an eighth worker joins that knows none. */
function coldWorker(seconds: number): HardCase {
  const random = seededRandom("cold worker");
  const make = maker(random);
  let atMs = 0;
  const rows = Array.from({ length: 20 * seconds }, () =>
    make((atMs += (2 * 1000 * random.next()) / 20), random.int(40)),
  );
  const joinsMs = (seconds * 1000) / 2;
  const world = { ...DEFAULT_WORLD, coldWorkers: 1, startUpMs: joinsMs, startUpSigma: 0 };
  const isWatched = ({ atMs: at }: TraceRow): boolean => at > joinsMs + 1000 && at < joinsMs + 6000;
  return { name: "cold worker joins", trace: traceOf(rows), world, isWatched };
}

/** Thirty-two requests at one instant, every other second: whoever looks at old state sends them all to one worker. */
function herd(seconds: number): HardCase {
  const make = maker(seededRandom("herd"));
  const rows = Array.from({ length: 16 * seconds }, (_, i) => make(2000 * Math.floor(i / 32), undefined, 2));
  return { name: "herd", trace: traceOf(rows), world: undefined, isWatched: () => true };
}

/** Prompts of a shared prefix, or of none, and a tail that nobody else has. */
function maker(random: ReturnType<typeof seededRandom>): (atMs: number, group?: number, blocks?: number) => TraceRow {
  let next = 1_000_000;
  return (atMs, group, blocks = 4) => {
    const prefix = group === undefined ? [] : Array.from({ length: PREFIX_BLOCKS }, (_, i) => 1000 * group + i);
    const hashIds = [...prefix, ...Array.from({ length: blocks }, () => next++)];
    const outputTokens = 20 + random.int(200);
    return { atMs, inputTokens: BLOCK * hashIds.length, outputTokens, hashIds, session: undefined };
  };
}

function isShared({ hashIds }: TraceRow): boolean {
  return (hashIds?.[0] ?? Infinity) < 1_000_000;
}

function traceOf(rows: readonly TraceRow[]): Trace {
  return { format: "hard case", blockTokens: BLOCK, rows, skipped: [] };
}

export interface HardSettings extends Pick<Scenario, "noise" | "stalenessMs" | "seed"> {
  readonly policy: string;
}

export function runHardCase({ trace, world, isWatched }: HardCase, settings: HardSettings): HardResult {
  const { policy, ...rest } = settings;
  const planned = traceContents(trace, { blockSize: profile.limits.blockSize, speed: 1, maxContext: 40_000 });
  const profiles = Array.from({ length: WORKERS }, () => profile);
  const run = simulate({ ...rest, profiles, policy: policyOf(policy), arrivals: openLoop(planned), world });
  return resultOf(run, trace.rows.map(isWatched));
}

function resultOf({ requests }: SimulationRun, watched: readonly boolean[]): HardResult {
  const counts = new Map<number, number>();
  for (const [i, { worker }] of requests.entries()) {
    if (watched[i] === true) counts.set(worker, (counts.get(worker) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const ttfts = requests.map(({ firstTokenAt = Infinity, sentAt }) => firstTokenAt - sentAt).toSorted((a, b) => a - b);
  const good = requests.filter(({ firstTokenAt = Infinity, lastTokenAt = Infinity, sentAt, maxTokens }) => {
    return firstTokenAt - sentAt <= 5000 && (lastTokenAt - firstTokenAt) / (maxTokens - 1) <= 100;
  });
  const sum = (of: (one: (typeof requests)[number]) => number): number =>
    requests.reduce((all, one) => all + of(one), 0);
  return {
    goodput: good.length / requests.length,
    largestShare: Math.max(...counts.values()) / total,
    ttftP99Ms: ttfts[Math.floor(0.99 * ttfts.length)] ?? Infinity,
    hitRate: sum(({ cachedTokens = 0 }) => cachedTokens) / sum(({ content }) => content.tokens),
  };
}
