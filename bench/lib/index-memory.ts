// What bench/index-memory.ts reports.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface IndexMemory {
  readonly prompts: number;
  readonly tokensPerPrompt: number;
  readonly maxBytes: number;
  readonly points: readonly IndexPoint[];
}

export interface IndexPoint {
  readonly prompts: number;
  readonly blocks: number;
  readonly evictions: number;
  readonly indexMb: number;
  readonly heapMb: number;
  readonly residentMb: number;
}

/** In a process of its own, so that its memory is the index' alone. */
export async function measureIndex(prompts: number): Promise<IndexMemory> {
  const child = fork(join(import.meta.dirname, "..", "index-memory.ts"), [String(prompts)]);
  const [answer] = (await once(child, "message")) as [IndexMemory];
  return answer;
}
