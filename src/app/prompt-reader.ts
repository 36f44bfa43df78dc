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

export interface PromptReaderOptions {
  /** Undefined = no tokenizer: prefixes are told from text, approximately. */
  readonly text: TextModel | undefined;
  readonly model: string;
  /** False when the client's salt is not sent on: then it changes nothing at the worker. */
  readonly saltReachesWorker: boolean;
}

/** About half a million tokens: more than any context. A longer prompt is routed by its size alone, so it cannot stall other streams. */
const MAX_CHARACTERS = 2_000_000;

const KINDS: Readonly<Record<string, PromptKind>> = {
  chat: "chat",
  completion: "completions",
  responses: "responses",
  messages: "messages",
};

export function promptReader({ text, model, saltReachesWorker }: PromptReaderOptions): PromptReader {
  return (request, { body, blockSize }) => {
    const kind = KINDS[body];
    if (kind === undefined) return undefined;
    const seed: HashSeed = { model, salt: saltReachesWorker ? request.cacheSalt : undefined };
    return text === undefined
      ? fromText(request, blockSize, seed)
      : fromTokens({ request, kind, text }, blockSize, seed);
  };
}

interface Tokenise {
  readonly request: InferenceRequest;
  readonly kind: PromptKind;
  readonly text: TextModel;
}

function fromTokens({ request, kind, text }: Tokenise, blockSize: number, seed: HashSeed): PromptIdentity | undefined {
  const { prompts } = renderPrompt({ kind, body: request.fields, text, maxCharacters: MAX_CHARACTERS });
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
