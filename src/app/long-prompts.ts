// Renders, tokenises and hashes long prompts in a thread, so that one of them does not stall the streams of all others.
import { join } from "node:path";
import type { Deployment } from "../config/index.ts";
import { askedThread, type Clock } from "../core/index.ts";
import type { PromptIdentity } from "../gateway/index.ts";
import type { HashSeed, PromptKind } from "../tokens/index.ts";
import type { JsonObject } from "../vllm/index.ts";

export interface LongPrompts {
  /** Undefined when the request has no prompt to know, or when the thread is full, late or dead. */
  read(question: LongPromptQuestion): Promise<PromptIdentity | undefined>;
  close(): Promise<void>;
}

export interface LongPromptQuestion {
  readonly kind: PromptKind;
  readonly blockSize: number;
  readonly seed: HashSeed;
  readonly keepsIds?: boolean;
  /** The request's members, or its bytes where they are too many to be copied one by one; bytes that are not shared are no longer the caller's. */
  readonly body: JsonObject | Uint8Array;
}

/** More than these wait for nothing: such requests are routed by their size. */
const MAX_WAITING = 32;
const LIMIT_MS = 3000;

/** Started by the first long prompt: most deployments never have one. */
export function longPrompts(tokenizer: Deployment["tokenizer"], clock: Clock): LongPrompts {
  const thread = askedThread<LongPromptQuestion, PromptIdentity | undefined>({
    file: join(import.meta.dirname, "long-prompt-thread"),
    data: tokenizer,
    clock,
    maxWaiting: MAX_WAITING,
    limitMs: LIMIT_MS,
  });
  return {
    read(question) {
      const { buffer } = question.body instanceof Uint8Array ? question.body : {};
      return thread.ask(question, buffer instanceof ArrayBuffer ? [buffer] : []);
    },
    close: () => thread.close(),
  };
}
