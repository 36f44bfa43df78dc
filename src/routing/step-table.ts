// A step model tabulated once, so that a decision over many workers costs microseconds: 64 candidates × some steps each.
import type { StepCost } from "../model/index.ts";

/** Requests that decode side by side. */
export interface DecodeLoad {
  readonly sequences: number;
  /** Σ of their context lengths in tokens. */
  readonly context: number;
}

/** Prompts that wait: their tokens, and Σ of uncached × (cached + uncached / 2), the attention work in them. */
export interface PrefillWork {
  readonly tokens: number;
  readonly pairs: number;
}

export interface StepTable {
  /** The most tokens of prefill in one step. */
  readonly stepTokens: number;
  /** Prefill time of one token among many on an idle worker. */
  readonly tokenMs: number;
  /** One step in which all sequences decode a token; 0 without sequences. */
  decodeMs(load: DecodeLoad): number;
  /** All steps until `work` is done, chunked by the token budget, while `decode` goes on. */
  prefillMs(work: PrefillWork, decode: DecodeLoad): number;
}

/** Grid: every integer below 16, then 8 points an octave; in between the curve is nearly straight. */
const OCTAVES = 20;
const GRID = 8 * OCTAVES;
const LARGE = 1e9;
const SMALL = 1e-9;
const NOTHING = { tokens: 1, decodeSequences: 0, decodeContext: 0, prefillPairs: 0 };

const SAMPLE = { tokens: 2048, pairs: 2048 ** 2 / 2 };

const tables = new WeakMap<StepCost, StepTable>();

export function stepTable(cost: StepCost): StepTable {
  if (last?.cost === cost) return last.table;
  let table = tables.get(cost);
  if (table === undefined) {
    table = tabulate(cost);
    tables.set(cost, table);
  }
  last = { cost, table };
  return table;
}

/** Workers mostly share one model, and a look into a WeakMap costs more than the arithmetic. */
let last: { readonly cost: StepCost; readonly table: StepTable } | undefined;

/** The step model is a sum of a curve over tokens, one over sequences, terms linear in context and pairs, and a constant of steps with prefill (simulation.md §2.4). */
function tabulate(cost: StepCost): StepTable {
  const base = cost.stepMs(NOTHING);
  const byTokens = sample((tokens) => cost.stepMs({ ...NOTHING, tokens }));
  const bySequences = sample((decodeSequences) => cost.stepMs({ ...NOTHING, decodeSequences }) - base);
  const perContext = (cost.stepMs({ ...NOTHING, decodeContext: LARGE }) - base) / LARGE;
  const withPrefill = cost.stepMs({ ...NOTHING, prefillPairs: SMALL }) - base;
  const perPair = (cost.stepMs({ ...NOTHING, prefillPairs: LARGE }) - base - withPrefill) / LARGE;
  const budget = budgetOf(cost);

  function prefillMs({ tokens, pairs }: PrefillWork, { sequences, context }: DecodeLoad): number {
    if (tokens <= 0) return 0;
    const chunk = Math.max(1, budget - sequences);
    const full = Math.floor(tokens / chunk);
    const rest = tokens - full * chunk;
    const decode = read(bySequences, sequences) + perContext * context + withPrefill;
    const fullMs = full === 0 ? 0 : full * (read(byTokens, chunk + sequences) + decode);
    return fullMs + (rest === 0 ? 0 : read(byTokens, rest + sequences) + decode) + perPair * pairs;
  }

  return {
    stepTokens: budget,
    tokenMs: prefillMs(SAMPLE, { sequences: 0, context: 0 }) / SAMPLE.tokens,
    decodeMs: ({ sequences, context }) =>
      sequences <= 0 ? 0 : read(byTokens, sequences) + read(bySequences, sequences) + perContext * context,
    prefillMs,
  };
}

/** The most tokens that are prefilled in one step, found from outside: below it a prefill costs exactly one step. */
function budgetOf(cost: StepCost): number {
  let [low, high] = [1, 2 ** OCTAVES];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const oneStep = cost.stepMs({ ...NOTHING, tokens: middle, prefillPairs: (middle * middle) / 2 });
    const prefill = cost.prefillMs({ cached: 0, uncached: middle, decodeSequences: 0, decodeContext: 0 });
    if (prefill <= oneStep * (1 + 1e-9)) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Curve {
  readonly values: Float64Array;
  /** Up to the next point, per unit. */
  readonly slopes: Float64Array;
  /** What was read at whole numbers; NaN where nothing was. */
  readonly known: Float64Array;
}

/** More sequences and tokens than a step has. */
const REMEMBERED = 16_384;

function sample(curve: (x: number) => number): Curve {
  const values = Float64Array.from({ length: GRID }, (_, i) => curve(gridPoint(i)));
  const slopes = values.map((low, i) => ((values[i + 1] ?? low) - low) / 2 ** octaveOf(i));
  return { values, slopes, known: new Float64Array(REMEMBERED).fill(Number.NaN) };
}

function octaveOf(index: number): number {
  return Math.max(0, (index >> 3) - 1);
}

function gridPoint(index: number): number {
  const octave = octaveOf(index);
  return (index - 8 * octave) << octave;
}

function read(curve: Curve, x: number): number {
  const found = curve.known[x];
  // Not whole or out of range: the array has no such place.
  if (found === undefined) return between(curve, x);
  return Number.isNaN(found) ? (curve.known[x] = between(curve, x)) : found;
}

function between({ values, slopes }: Curve, x: number): number {
  const octave = Math.max(0, 28 - Math.clz32(x));
  const index = Math.min(GRID - 2, 8 * octave + (x >> octave));
  return (values[index] ?? 0) + (slopes[index] ?? 0) * (x - gridPoint(index));
}
