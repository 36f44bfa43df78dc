// Prompt identity for one deployment: token ids and block hashes with a tokenizer, text chunks without.
import type { PromptIdentity, PromptReader } from "../gateway/index.ts";
import {
  chunkHashes,
  hashBlocks,
  type HashSeed,
  type PromptKind,
  renderPrompt,
  type TextModel,
} from "../tokens/index.ts";
import type { InferenceRequest, JsonObject } from "../vllm/index.ts";
import type { LongPrompts } from "./long-prompts.ts";

export interface PromptReaderOptions {
  /** Reads long prompts; without it they are routed by their size. */
  readonly long: LongPrompts | undefined;
  /** Undefined = no tokenizer: prefixes are told from text, approximately. */
  readonly text: TextModel | undefined;
  readonly model: string;
}

/** About a millisecond of tokenising; longer text is read in a thread. */
const LONG_BYTES = 64 * 1024;

const KINDS: Readonly<Record<string, PromptKind>> = {
  chat: "chat",
  completion: "completions",
  responses: "responses",
  messages: "messages",
};

export function promptReader({ text, long, model }: PromptReaderOptions): PromptReader {
  return (request, { body, blockSize, bytes, cacheSalt }) => {
    const kind = KINDS[body];
    if (kind === undefined) return undefined;
    const seed: HashSeed = { model, salt: cacheSalt };
    if (text === undefined) return fromText(request, blockSize, seed);
    if (bytes > LONG_BYTES && !isTokenIds(request.fields["prompt"])) {
      return long?.read(kind, request.fields).then((prompts) => identity(prompts, blockSize, seed));
    }
    return identity(renderPrompt({ kind, body: request.fields, text }).prompts, blockSize, seed);
  };
}

/** Token ids need no tokenising. */
function isTokenIds(prompt: unknown): boolean {
  return Array.isArray(prompt) && typeof prompt[0] === "number";
}

type Prompts = readonly Int32Array[] | undefined;

function identity(prompts: Prompts, blockSize: number, seed: HashSeed): PromptIdentity | undefined {
  if (prompts === undefined) return undefined;
  const [only] = prompts;
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  // Several prompts of one request have no common prefix to speak of.
  const hashes = prompts.length === 1 && only !== undefined ? hashBlocks(only, blockSize, seed) : undefined;
  return { promptTokens, exact: true, hashes };
}

function fromText({ fields }: InferenceRequest, blockSize: number, seed: HashSeed): PromptIdentity {
  const hashes = chunkHashes(promptText(fields), blockSize, seed);
  return { promptTokens: hashes.nominalTokens, exact: false, hashes };
}

/** What stands first in the rendered prompt stands first here. */
function promptText(fields: JsonObject): string {
  const parts = [
    fields["tools"],
    fields["system"],
    fields["instructions"],
    fields["messages"] ?? fields["prompt"] ?? fields["input"],
  ];
  return parts.map((part) => (part === undefined ? "" : JSON.stringify(part))).join("\n");
}
