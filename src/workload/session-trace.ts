// A trace of conversations: each turn's prompt is all that was said before and a new question; system prompts are common to groups.
import { type Random, seededRandom } from "../core/index.ts";
import { ln } from "../model/index.ts";
import { type ArrivalProcess, arrivalTimes } from "./arrivals.ts";
import type { Trace, TraceRow } from "./trace-row.ts";

export interface SessionTraceOptions {
  readonly sessions: number;
  readonly turns: number;
  /** When sessions begin. */
  readonly arrivals: ArrivalProcess;
  /** Length of the system prompt; each group has its own. */
  readonly systemTokens: number;
  readonly groups: number;
  /** Mean length of a question. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Lengths are uniform within ± this share. */
  readonly jitter: number;
  /** Mean pause between an answer and the next question; exponential. */
  readonly thinkMs: number;
  readonly seed: string;
}

const BLOCK = 16;

/** In an open loop a turn comes so long after the one before it as the pause says; clients that wait for answers add their time. */
export function sessionTrace(options: SessionTraceOptions): Trace {
  const random = seededRandom(`${options.seed} sessions`);
  const begins = arrivalTimes(options.arrivals, options.sessions, seededRandom(`${options.seed} arrivals`));
  const ids = { next: options.groups * Math.ceil(options.systemTokens / BLOCK) };
  const rows = Array.from(begins, (atMs, number) => turnsOf({ options, random, ids }, number, atMs)).flat();
  rows.sort((a, b) => a.atMs - b.atMs);
  return { format: "generator sessions", blockTokens: BLOCK, rows, skipped: [] };
}

interface Maker {
  readonly options: SessionTraceOptions;
  readonly random: Random;
  readonly ids: { next: number };
}

function turnsOf({ options, random, ids }: Maker, number: number, beginsAt: number): TraceRow[] {
  const { systemTokens, groups, turns, thinkMs } = options;
  const group = random.int(groups);
  // Only full blocks can be found again.
  const system = Math.floor(systemTokens / BLOCK);
  const first = group * Math.ceil(systemTokens / BLOCK);
  const hashIds = Array.from({ length: system }, (_, block) => first + block);
  let said = systemTokens;
  let atMs = beginsAt;
  return Array.from({ length: turns }, (_, turn): TraceRow => {
    const pauseMs = turn === 0 ? undefined : -ln(1 - random.next()) * thinkMs;
    atMs += pauseMs ?? 0;
    said += around(options.inputTokens, options, random);
    const full = Math.floor(said / BLOCK);
    while (hashIds.length < full) hashIds.push(ids.next++);
    const partial = said % BLOCK === 0 ? [] : [ids.next++];
    const outputTokens = around(options.outputTokens, options, random);
    const row = { atMs, inputTokens: said, outputTokens, hashIds: [...hashIds, ...partial], session: `s${number}` };
    said += outputTokens;
    return pauseMs === undefined ? row : { ...row, pauseMs };
  });
}

function around(mean: number, { jitter }: SessionTraceOptions, random: Random): number {
  return Math.max(1, Math.round(mean * (1 + jitter * (2 * random.next() - 1))));
}
