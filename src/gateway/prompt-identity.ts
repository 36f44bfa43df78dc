// What is known of a prompt before it is routed: its length in tokens and the hashes of its blocks.
import type { BlockHashes } from "../tokens/index.ts";
import type { InferenceRequest } from "../vllm/index.ts";
import type { BodyKind } from "./routes.ts";

export interface PromptIdentity {
  readonly promptTokens: number;
  /** False when the length is an estimate. */
  readonly exact: boolean;
  /** Undefined when the prompt has no prefix identity: several prompts, images, no template. */
  readonly hashes: BlockHashes | undefined;
  /** What the hashes were made from; only where the reader is asked to keep it, and not for adapters. */
  readonly source?: PromptSource | undefined;
}

export interface PromptSource {
  readonly ids: Int32Array;
  readonly salt: string | undefined;
}

/** Undefined when nothing is known. `blockSize` is the workers'. Must not throw for any request. */
export type PromptReader = (
  request: InferenceRequest,
  about: {
    readonly body: BodyKind;
    readonly blockSize: number;
    readonly bytes: number;
    readonly cacheSalt: string | undefined;
    /** The adapter: its blocks are no other's. */
    readonly lora?: string | undefined;
    /** What the worker gets: has the prompt where an abridged request lacks it, in memory that threads share. */
    readonly raw: Buffer;
  },
) => PromptIdentity | undefined | Promise<PromptIdentity | undefined>;

/** English text under current tokenizers; the price of being wrong is a load count that is off until the answer ends. */
const BYTES_PER_TOKEN = 4;

export function estimatedIdentity(bytes: number): PromptIdentity {
  return { promptTokens: Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN)), exact: false, hashes: undefined };
}
