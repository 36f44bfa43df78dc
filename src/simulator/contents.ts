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
  const numbers = new Map<number, number>();
  let next = 0;
  const numberOf = (id: number): number => {
    let number = numbers.get(id);
    if (number === undefined) numbers.set(id, (number = next++));
    return number;
  };
  const { unitBlocks, idsPerUnit } = unitOf(trace.blockTokens, blockSize);

  function contentOf({ inputTokens, outputTokens, hashIds }: TraceRow): PromptContent {
    const tokens = Math.max(1, Math.min(inputTokens, maxContext - Math.min(outputTokens, maxContext - 1)));
    if (hashIds === undefined) return { tokens, unitBlocks: UNSHARED_BLOCKS, units: Int32Array.of(next++) };
    const count = Math.ceil(tokens / (trace.blockTokens * idsPerUnit));
    // A row may name fewer ids than its length asks for: what is missing is shared with nobody.
    const units = Int32Array.from({ length: count }, (_, i) => {
      // Ids are chained: the last one of a unit stands for all before it.
      const id = hashIds[(i + 1) * idsPerUnit - 1];
      return id === undefined ? next++ : numberOf(id);
    });
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

/** One unit is one id of the trace, or as many as make one block of the workers. */
function unitOf(traceTokens: number, blockSize: number): { readonly unitBlocks: number; readonly idsPerUnit: number } {
  if (traceTokens % blockSize === 0) return { unitBlocks: traceTokens / blockSize, idsPerUnit: 1 };
  if (blockSize % traceTokens === 0) return { unitBlocks: 1, idsPerUnit: blockSize / traceTokens };
  throw new SwitchgearError("SWG_USAGE", "The trace's blocks do not fit the workers' blocks.", {
    value: `${traceTokens} tokens a hash id, ${blockSize} tokens a block`,
    where: "--block-size",
    expected: "one a multiple of the other",
  });
}
