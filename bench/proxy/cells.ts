// What each contender is put through in each round.
import type { LoadJob } from "./load-client.ts";
import type { PromptShape } from "./prompts.ts";

export type CellName =
  | "unary 0.2 KB"
  | "unary 2 KB"
  | "unary 16 KB"
  | "unary 2 KB unique"
  | "chunk"
  | "chunk continued"
  | "latency";

export interface Cell {
  readonly name: CellName;
  readonly prompt: PromptShape;
  readonly connections: number;
  readonly pace: LoadJob["pace"];
}

export interface CellSizes {
  readonly unarySeconds: number;
  /** Streams of 100 chunks at 10 ms, 100 at a time. */
  readonly streams: number;
  readonly latencySeconds: number;
}

export const FULL: CellSizes = { unarySeconds: 1, streams: 100, latencySeconds: 1.5 };
export const QUICK: CellSizes = { unarySeconds: 0.5, streams: 100, latencySeconds: 1 };

/** Low enough that no contender queues: what is left is its own path. */
const LATENCY_PER_SECOND = 250;

export function cells(sizes: CellSizes): readonly Cell[] {
  const closed = { kind: "closed", seconds: sizes.unarySeconds } as const;
  const prompt = { bytes: 2000, unique: false, stream: false };
  return [
    { name: "unary 0.2 KB", prompt: { ...prompt, bytes: 200 }, connections: 16, pace: closed },
    { name: "unary 2 KB", prompt, connections: 16, pace: closed },
    { name: "unary 16 KB", prompt: { ...prompt, bytes: 16_000 }, connections: 16, pace: closed },
    { name: "unary 2 KB unique", prompt: { ...prompt, unique: true }, connections: 16, pace: closed },
    {
      name: "chunk",
      prompt: { ...prompt, stream: true },
      connections: 100,
      pace: { kind: "count", requests: sizes.streams },
    },
    {
      name: "chunk continued",
      prompt: { ...prompt, stream: true, continued: true },
      connections: 100,
      pace: { kind: "count", requests: sizes.streams },
    },
    {
      name: "latency",
      prompt,
      connections: 64,
      pace: { kind: "rate", perSecond: LATENCY_PER_SECOND, seconds: sizes.latencySeconds },
    },
  ];
}
