// Traffic for the proof: rows of recorded traces, in their order and with their own small bursts, laid along a shape of rates.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type PlannedSimulation, traceContents } from "../../src/simulator/index.ts";
import { parseTrace, type Trace, type TraceRow } from "../../src/workload/index.ts";

const FOLDER = resolve(import.meta.dirname, "../../../shared/data");
export const AZURE = `${FOLDER}/azure/AzureLLMInferenceTrace_conv.csv`;
export const MOONCAKE = `${FOLDER}/mooncake/conversation_trace.jsonl`;
export const MISSING = [AZURE, MOONCAKE].filter((file) => !existsSync(file));

export interface Shape {
  readonly durationMs: number;
  readonly meanPerSecond: number;
  /** Relative rate at a time; its unit does not matter. */
  readonly rateAt: (ms: number) => number;
}

export function readTrace(file: string): Trace {
  const trace = parseTrace(readFileSync(file, "utf8"), { file });
  return { ...trace, rows: spread(trace.rows) };
}

/** Mooncake's times are of every third second: rows of one time are laid evenly up to the next one. */
export function spread(rows: readonly TraceRow[]): TraceRow[] {
  const placed: TraceRow[] = [];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const atMs = rows[from]?.atMs ?? 0;
    while (rows[to]?.atMs === atMs) to++;
    const gapMs = ((rows[to]?.atMs ?? atMs) - atMs) / (to - from);
    for (const [i, row] of rows.slice(from, to).entries()) placed.push({ ...row, atMs: atMs + i * gapMs });
  }
  return placed;
}

/** `from` shifts the first row, so that two models do not get the same requests. */
export function along(
  trace: Trace,
  shape: Shape,
  { maxContext, from = 0, pool = 0 }: AlongOptions,
): PlannedSimulation[] {
  const count = Math.round((shape.meanPerSecond * shape.durationMs) / 1000);
  const rows = recycled(trace.rows, count, from);
  const last = rows.at(-1)?.atMs ?? 1;
  const when = timeOfShare(shape);
  const placed = { ...trace, rows: rows.map((row) => ({ ...row, atMs: when(row.atMs / (last + 1)) })) };
  return traceContents(placed, { blockSize: 16, speed: 1, maxContext }).map((one) => ({ ...one, pool }));
}

export interface AlongOptions {
  readonly maxContext: number;
  readonly from?: number;
  readonly pool?: number;
}

/** As many rows as are wanted; once through, the trace begins again. */
function recycled(rows: readonly TraceRow[], count: number, from: number): TraceRow[] {
  const lengthMs = (rows.at(-1)?.atMs ?? 0) + 1000;
  return Array.from({ length: count }, (_, i) => {
    const at = from + i;
    const row = rows[at % rows.length];
    if (row === undefined) throw new RangeError("a trace without rows");
    return { ...row, atMs: row.atMs + Math.floor(at / rows.length) * lengthMs - (rows[from]?.atMs ?? 0) };
  });
}

const STEPS = 20_000;

/** The inverse of the shape's share of all requests by time. */
function timeOfShare({ durationMs, rateAt }: Shape): (share: number) => number {
  const sums = new Float64Array(STEPS + 1);
  for (let i = 0; i < STEPS; i++) sums[i + 1] = (sums[i] ?? 0) + rateAt(((i + 0.5) * durationMs) / STEPS);
  const all = sums[STEPS] ?? 1;
  return (share) => {
    const wanted = share * all;
    let [low, high] = [0, STEPS];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) <= wanted) low = middle;
      else high = middle;
    }
    const [before, after] = [sums[low] ?? 0, sums[high] ?? 1];
    return ((low + (wanted - before) / Math.max(1e-12, after - before)) * durationMs) / STEPS;
  };
}

const MINUTE_MS = 60_000;

/** Of a period, lowest at its ends: peak ÷ mean is 3 with this power. */
const PEAK_POWER = 2.6;

export function daily(durationMs: number, shift = 0): (ms: number) => number {
  return (ms) => ((1 - Math.cos(2 * Math.PI * (ms / durationMs + shift))) / 2) ** PEAK_POWER;
}

export function step(fromMs: number, toMs: number, times: number): (ms: number) => number {
  return (ms) => (ms >= fromMs && ms < toMs ? times : 1);
}

/** Up within half a minute, ten minutes there, then away in about ten more. */
export function flashCrowd(fromMs: number, times: number): (ms: number) => number {
  return (ms) => {
    const past = (ms - fromMs) / MINUTE_MS;
    if (past < 0) return 1;
    if (past < 0.5) return 1 + 2 * past * (times - 1);
    return past < 10 ? times : 1 + (times - 1) * Math.exp(-(past - 10) / 5);
  };
}

/** Five minutes of much in every twenty. */
export function bursts(times: number): (ms: number) => number {
  return (ms) => ((ms / MINUTE_MS) % 20 >= 15 ? times : 1);
}
