// Pairs of two virtual systems: log-normal times that share the request's length, sessions of four turns, fixed seeds.
import { judgePairs } from "../../../src/migration/index.ts";
import { type Random, seededRandom } from "../../../src/core/index.ts";
import type { ArmMeasure, PairRecord } from "../../../src/migration/compare/pair-record.ts";
import { type Verdict } from "../../../src/migration/verdict/judge-pairs.ts";
import type { VerdictOptions } from "../../../src/migration/verdict/verdict-options.ts";

export interface World {
  readonly pairs: number;
  readonly seed: string | number;
  /** What the candidate makes of a TTFT that the legacy would have had. */
  readonly shadowTtft?: (ms: number) => number;
  readonly primaryErrors?: number;
  readonly shadowErrors?: number;
  readonly edit?: (pair: PairRecord, random: Random) => PairRecord;
}

const DAY_MS = 86_400_000;

export function virtualPairs(world: World): PairRecord[] {
  const random = seededRandom(world.seed);
  const { shadowTtft = (ms) => ms, edit = (pair) => pair } = world;
  const make = (i: number, kind: PairRecord["kind"]): PairRecord => {
    const length = Math.exp(0.8 * normal(random));
    const tokens = 20 + Math.floor(200 * random.next());
    const primary = arm(random, { length, tokens, ttft: (ms) => ms, errors: world.primaryErrors ?? 0.001 });
    const repeat = kind === "repeat";
    const shadow = arm(random, {
      length,
      tokens,
      ttft: repeat ? (ms) => ms : shadowTtft,
      errors: repeat ? 0.001 : (world.shadowErrors ?? 0.001),
    });
    const record = pairOf(kind, { i, at: (i / world.pairs) * 1.1 * DAY_MS, primary, shadow, random });
    return repeat ? record : edit(record, random);
  };
  const pairs = Array.from({ length: world.pairs }, (_, i) => make(i, "pair"));
  return [...pairs, ...Array.from({ length: Math.floor(world.pairs / 2) }, (_, i) => make(i, "repeat"))];
}

interface Draw {
  readonly length: number;
  readonly tokens: number;
  readonly ttft: (ms: number) => number;
  readonly errors: number;
}

function arm(random: Random, draw: Draw): ArmMeasure {
  const ttftMs = draw.ttft(80 * draw.length * Math.exp(0.25 * normal(random)));
  const itlMs = 12 * Math.exp(0.15 * normal(random));
  if (random.next() < draw.errors) return { class: "backend-5xx" };
  return {
    class: "ok",
    ttftMs,
    itlMs,
    totalMs: ttftMs + draw.tokens * itlMs,
    promptTokens: Math.round(400 * draw.length),
    cachedTokens: Math.round(200 * draw.length),
    outputTokens: draw.tokens,
  };
}

interface Made {
  readonly i: number;
  readonly at: number;
  readonly primary: ArmMeasure;
  readonly shadow: ArmMeasure;
  readonly random: Random;
}

function pairOf(kind: PairRecord["kind"], { i, at, primary, shadow, random }: Made): PairRecord {
  const answered = primary.class === "ok" && shadow.class === "ok";
  const equal = random.next() < 0.97;
  return {
    kind,
    session: `s${Math.floor(i / 4)}`,
    at,
    stratum: "all",
    determinism: i % 2 === 0 ? "greedy" : "sampled",
    primary,
    shadow,
    broken: [],
    ...(answered ? { comparison: { equal, similarity: { words: 1, sameNumbers: true, sameLastLine: true } } } : {}),
    seed: {
      timestamp: at / 1000,
      primary_ttft_ms: primary.ttftMs ?? 0,
      shadow_ttft_ms: shadow.ttftMs ?? 0,
      primary_total_ms: primary.totalMs ?? 0,
      shadow_total_ms: shadow.totalMs ?? 0,
      output_match: true,
      primary_tokens: primary.outputTokens ?? 0,
      shadow_tokens: shadow.outputTokens ?? 0,
    },
  };
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

export function judged(world: World, options: Partial<VerdictOptions> = {}): Verdict {
  const facts = {
    eligibleSessions: world.pairs,
    sampledSessions: Math.floor(world.pairs / 4),
    fraction: 0.25,
    sent: world.pairs,
    dropped: {},
    clientGone: 0,
    loadRatio: 1,
  };
  const random = seededRandom(`bootstrap ${world.seed}`);
  return judgePairs(virtualPairs(world), {
    facts,
    slowTtftMs: { SLO: 1000 },
    random,
    repetitions: 300,
    ...options,
  });
}
