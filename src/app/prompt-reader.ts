// Prompt identity for one deployment, read here or, when it is long, in a thread.
import type { PromptReader } from "../gateway/index.ts";
import type { HashSeed, PromptKind, TextModel } from "../tokens/index.ts";
import type { LongPrompts } from "./long-prompts.ts";
import { promptIdentity } from "./prompt-text.ts";

export interface PromptReaderOptions {
  /** Reads long prompts; without it they are routed by their size. */
  readonly long: LongPrompts | undefined;
  /** Undefined = no tokenizer: prefixes are told from text, approximately. */
  readonly text: TextModel | undefined;
  readonly model: string;
  readonly keepsIds: boolean;
}

/** About a millisecond of tokenising; longer text is read in a thread. */
const LONG_BYTES = 64 * 1024;

const KINDS: Readonly<Record<string, PromptKind>> = {
  chat: "chat",
  completion: "completions",
  responses: "responses",
  messages: "messages",
};

export function promptReader({ text, long, model, keepsIds }: PromptReaderOptions): PromptReader {
  return ({ fields, abridged }, { body, blockSize, bytes, cacheSalt, lora, raw }) => {
    const kind = KINDS[body];
    if (kind === undefined) return undefined;
    const seed: HashSeed = { model, lora, salt: cacheSalt };
    if (abridged !== undefined) return long?.read({ kind, blockSize, seed, keepsIds, body: forThread(raw) });
    // Token ids need no tokenising, and without a tokenizer nothing does.
    const quick = bytes <= LONG_BYTES || text === undefined || isTokenIds(fields["prompt"]);
    if (!quick) return long?.read({ kind, blockSize, seed, keepsIds, body: fields });
    return promptIdentity({ kind, fields, text, blockSize, seed, keepsIds });
  };
}

function isTokenIds(prompt: unknown): boolean {
  return Array.isArray(prompt) && typeof prompt[0] === "number";
}

/** As it is where it lies in shared memory, which nobody writes to any more; else a copy, which is moved to the thread. */
function forThread(raw: Buffer): Uint8Array {
  return raw.buffer instanceof SharedArrayBuffer ? raw : new Uint8Array(raw);
}
