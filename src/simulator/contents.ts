// Trace rows → what the engines and the index need to know of their prompts: which blocks they share.
import type { PriorityClass } from "../admission/offline.ts";
import { SwitchgearError } from "../core/index.ts";
import type { PromptContent } from "../engine/offline.ts";
import type { Trace, TraceRow } from "../workload/offline.ts";

/** One planned request of a simulation. */
export interface PlannedSimulation {
  readonly atMs: number;
  /** When the client sent it, if that was earlier. */
  readonly sentMs?: number;
  readonly content: PromptContent;
  readonly outputTokens: number;
  readonly session: string | undefined;
  /** For admission; default: one tenant, class `default`. */
  readonly tenant?: string;
  readonly priority?: PriorityClass;
  /** Number of the pool that serves it, where there are several. Default 0. */
  readonly pool?: number;
  /** From the end of the session's last answer, for clients that wait for answers. */
  readonly pauseMs?: number | undefined;
}

export interface ContentOptions {
  readonly blockSize: number;
  /** Arrivals come so many times faster than recorded. */
  readonly speed: number;
  /** Longer prompts are cut, so that prompt and answer fit the model's context. */
  readonly maxContext: number;
}

/** Larger than any prompt: a prompt that shares nothing is one unit. */
const UNSHARED_BLOCKS = 1_000_000;

/** In order of arrival. */
export function traceContents(trace: Trace, { blockSize, speed, maxContext }: ContentOptions): PlannedSimulation[] {
  const numbers = numbering();
  const space = slabs();
  const { unitBlocks, idsPerUnit } = unitOf(trace.blockTokens, blockSize);

  function contentOf({ inputTokens, outputTokens, hashIds }: TraceRow): PromptContent {
    const tokens = Math.max(1, Math.min(inputTokens, maxContext - Math.min(outputTokens, maxContext - 1)));
    if (hashIds === undefined) return { tokens, unitBlocks: UNSHARED_BLOCKS, units: Int32Array.of(numbers.fresh()) };
    const units = space(Math.ceil(tokens / (trace.blockTokens * idsPerUnit)));
    for (let i = 0; i < units.length; i++) {
      // Ids are chained: the last one of a unit stands for all before it.
      const id = hashIds[(i + 1) * idsPerUnit - 1];
      // A row may name fewer ids than its length asks for: what is missing is shared with nobody.
      units[i] = id === undefined ? numbers.fresh() : numbers.of(id);
    }
    return { tokens, unitBlocks, units };
  }

  return trace.rows.map((row) => ({
    atMs: row.atMs / speed,
    content: contentOf(row),
    outputTokens: Math.min(row.outputTokens, maxContext - 1),
    session: row.session,
    pauseMs: row.pauseMs === undefined ? undefined : row.pauseMs / speed,
  }));
}

/** Arrays out of few large buffers: a small buffer for each of a million prompts takes more than what is in it. */
function slabs(): (length: number) => Int32Array {
  let slab = new Int32Array(0);
  let used = 0;
  return (length) => {
    if (used + length > slab.length) {
      slab = new Int32Array(Math.max(SLAB, length));
      used = 0;
    }
    used += length;
    return slab.subarray(used - length, used);
  };
}

const SLAB = 1 << 16;

interface Numbering {
  /** The same for the same id. */
  of(id: number): number;
  /** One that no id has. */
  fresh(): number;
}

/** 0, 1, … in order of first use. Ids are mostly small: a table of them takes what no Map holds, 20 million, and takes it faster. */
function numbering(): Numbering {
  /** Number + 1; 0 where an id has none. */
  let small = new Int32Array(1 << 16);
  const large = new Map<number, number>();
  let next = 0;

  function isSmall(id: number): boolean {
    if (id < small.length) return true;
    if (large.size > 0 || id > SPREAD * (next + small.length)) return false;
    const more = new Int32Array(2 * Math.max(id, small.length));
    more.set(small);
    small = more;
    return true;
  }

  return {
    fresh: () => next++,
    of(id) {
      let number = isSmall(id) ? small[id] : large.get(id);
      if (number === undefined || number === 0) {
        number = ++next;
        if (id < small.length) small[id] = number;
        else large.set(id, number);
      }
      return number - 1;
    },
  };
}

/** So many times more ids than numbers are worth a table. */
const SPREAD = 4;

/** One unit is one id of the trace, or as many as make one block of the workers. Throws SWG_USAGE. */
export function unitOf(
  traceTokens: number,
  blockSize: number,
): { readonly unitBlocks: number; readonly idsPerUnit: number } {
  if (traceTokens % blockSize === 0) return { unitBlocks: traceTokens / blockSize, idsPerUnit: 1 };
  if (blockSize % traceTokens === 0) return { unitBlocks: 1, idsPerUnit: blockSize / traceTokens };
  throw new SwitchgearError("SWG_USAGE", "The trace's blocks do not fit the workers' blocks.", {
    value: `${traceTokens} tokens a hash id, ${blockSize} tokens a block`,
    where: "--block-size",
    expected: "one a multiple of the other",
  });
}
