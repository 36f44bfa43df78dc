// Makes a trace with the statistics of a preset: lengths, rate, bins of arrival, and conversations that grow.
import type { Random } from "../core/index.ts";
import { ln } from "../model/index.ts";
import { arrivalTimes } from "./arrivals.ts";
import { drawLengths } from "./length-distribution.ts";
import { TRACE_PRESETS, type TracePresetName, type TracePreset } from "./presets.ts";
import type { Trace, TraceRow } from "./trace-row.ts";

const BLOCK = 512;
/** Conversations that may still be continued; older ones are over. */
const OPEN_CONVERSATIONS = 600;

interface Conversation {
  readonly hashIds: readonly number[];
  readonly session: string;
}

export interface SyntheticTraceOptions {
  readonly preset: TracePresetName;
  readonly requests: number;
  readonly random: Random;
}

export function syntheticTrace({ preset, requests, random }: SyntheticTraceOptions): Trace {
  const shape: TracePreset = TRACE_PRESETS[preset];
  const open: Conversation[] = [];
  const ids = { next: shape.sharedBlocks };
  if (shape.burstiness !== undefined) return unsharedTrace({ preset, requests, random }, shape.burstiness);
  const [inputs, outputs] = [shape.input, shape.output].map((one) => drawLengths(one, requests, random));
  let clockMs = 0;
  const rows = Array.from({ length: requests }, (_, i): TraceRow => {
    clockMs += (-ln(1 - random.next()) * 1000) / shape.ratePerSecond;
    const inputTokens = inputs?.[i] ?? 1;
    const conversation = nextTurn({ shape, open, ids, random }, inputTokens);
    return {
      atMs: shape.binMs > 0 ? Math.floor(clockMs / shape.binMs) * shape.binMs : clockMs,
      inputTokens,
      outputTokens: outputs?.[i] ?? 1,
      ...conversation,
    };
  });
  return { format: `generator ${preset}`, blockTokens: BLOCK, rows, skipped: [] };
}

/** As vLLM's bench does, the gaps are drawn out so that the whole takes requests ÷ rate: few bursts would miss the rate by far. */
function unsharedTrace({ preset, requests, random }: SyntheticTraceOptions, burstiness: number): Trace {
  const { input, output, ratePerSecond }: TracePreset = TRACE_PRESETS[preset];
  const times = arrivalTimes({ kind: "gamma", ratePerSecond, burstiness }, requests, random);
  const scale = (1000 * requests) / ratePerSecond / (times.at(-1) || 1);
  const [inputs, outputs] = [input, output].map((one) => drawLengths(one, requests, random));
  const rows = Array.from(times, (at, i): TraceRow => ({
    atMs: at * scale,
    inputTokens: inputs?.[i] ?? 1,
    outputTokens: outputs?.[i] ?? 1,
    hashIds: undefined,
    session: undefined,
  }));
  return { format: `generator ${preset}`, blockTokens: BLOCK, rows, skipped: [] };
}

interface Maker {
  readonly shape: TracePreset;
  readonly open: Conversation[];
  readonly ids: { next: number };
  readonly random: Random;
}

function nextTurn({ shape, open, ids, random }: Maker, inputTokens: number): Conversation {
  const blocks = Math.ceil(inputTokens / BLOCK);
  const before = random.next() < shape.continueShare ? earlier({ shape, open, ids, random }, blocks) : undefined;
  const shared = before?.hashIds ?? Array.from({ length: Math.min(shape.sharedBlocks, blocks) }, (_, id) => id);
  const own = Array.from({ length: blocks - shared.length }, () => ids.next++);
  const session = before?.session ?? `s${ids.next}`;
  const conversation: Conversation = { hashIds: shared.concat(own), session };
  open.push(conversation);
  if (open.length > OPEN_CONVERSATIONS) open.shift();
  return conversation;
}

/** The longest of some random open conversations that are shorter than `blocks`; its last, partial block is not shared. */
function earlier({ shape, open, random }: Maker, blocks: number): Conversation | undefined {
  let best: Conversation | undefined;
  let found = 0;
  for (let tries = 0; tries < 60 && found < shape.continueChoices; tries++) {
    const one = open[random.int(Math.max(1, open.length))];
    if (one === undefined || one.hashIds.length > blocks) continue;
    found += 1;
    if (best === undefined || one.hashIds.length > best.hashIds.length) best = one;
  }
  if (best === undefined) return undefined;
  const at = open.indexOf(best);
  open.splice(at, 1);
  return {
    session: best.session,
    hashIds: best.hashIds.slice(0, Math.max(shape.sharedBlocks, best.hashIds.length - 1)),
  };
}
