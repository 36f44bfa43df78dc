// What the engine keeps about one request from its arrival to its last token.
import type { EngineRequest } from "../sequence.ts";
import type { Run } from "./run.ts";

export type SequencePhase = "waiting" | "running" | "ended";

/** A class, because there is one per request on the simulator's hot path. */
export class SequenceState {
  readonly request: EngineRequest;
  /** Arrival order; breaks ties of priority. */
  readonly order: number;
  readonly promptTokens: number;
  /** Stays empty where the prompt's content is given by units. */
  readonly output: number[] = [];
  /** Output tokens that were only counted. */
  counted = 0;
  phase: SequencePhase = "waiting";
  /** Tokens whose KV is in blocks; the next step continues here. */
  computed = 0;
  /** Tokens that the open step computes; 0 when it is not in it. */
  scheduled = 0;
  /** Whether its prompt comes from another engine. */
  transfer: "none" | "wanted" | "loading" | "loaded";
  /** Prefix-cache hit at first scheduling, without what came from another engine. */
  localTokens = 0;
  /** Prompt tokens that another engine is counted for. */
  remoteTokens = 0;
  /** The same with what came from another engine; −1 before. */
  cachedTokens = -1;
  /** Block ids in order; the first `blockCount` are valid. */
  blocks: Int32Array;
  blockCount = 0;
  /** Leading blocks that the prefix cache knows. */
  registered = 0;
  /** Hash words of the leading full blocks, two each; the first `hashCount` blocks are valid. */
  hashes: Int32Array;
  hashCount = 0;
  /** Instead of `blocks` and `hashes` where content is given by units: runs, and the block at which the use of each ends. */
  readonly runs: Run[] = [];
  readonly runEnds: number[] = [];

  constructor(request: EngineRequest, order: number, blockSize: number) {
    this.request = request;
    this.order = order;
    this.transfer = request.remote === undefined ? "none" : "wanted";
    this.promptTokens = request.content?.tokens ?? request.promptIds.length;
    const length = request.content ? 0 : this.promptTokens + Math.min(request.maxTokens, 256);
    const expected = Math.ceil(length / blockSize);
    this.blocks = new Int32Array(expected);
    this.hashes = new Int32Array(2 * expected);
  }

  /** Prompt and output so far. */
  get tokens(): number {
    return this.promptTokens + this.generated;
  }

  /** Output tokens so far. */
  get generated(): number {
    return this.counted + this.output.length;
  }

  appendBlock(block: number): void {
    if (this.blockCount === this.blocks.length) this.blocks = doubled(this.blocks);
    this.blocks[this.blockCount++] = block;
  }

  appendHash(low: number, high: number): void {
    if (2 * this.hashCount === this.hashes.length) this.hashes = doubled(this.hashes);
    this.hashes[2 * this.hashCount] = low;
    this.hashes[2 * this.hashCount + 1] = high;
    this.hashCount++;
  }

  /** Copies tokens `from`… into `into`, filling it. */
  copyTokens(from: number, into: Int32Array): void {
    const { promptIds } = this.request;
    for (let i = 0; i < into.length; i++) {
      const at = from + i;
      into[i] = (at < promptIds.length ? promptIds[at] : this.output[at - promptIds.length]) ?? 0;
    }
  }
}

function doubled(words: Int32Array): Int32Array {
  const larger = new Int32Array(Math.max(4, 2 * words.length));
  larger.set(words);
  return larger;
}
