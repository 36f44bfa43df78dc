// Identity of one prompt: token ids and block hashes with a tokenizer, text chunks without. Runs on the event loop and in the thread.
import type { PromptIdentity } from "../gateway/index.ts";
import {
  chunkHashes,
  hashBlocks,
  type HashSeed,
  type PromptKind,
  renderPrompt,
  type TextModel,
} from "../tokens/index.ts";
import type { JsonObject } from "../vllm/index.ts";

export interface PromptParts {
  readonly kind: PromptKind;
  readonly fields: JsonObject;
  /** Undefined = no tokenizer: prefixes are told from text, approximately. */
  readonly text: TextModel | undefined;
  readonly blockSize: number;
  readonly seed: HashSeed;
  /** Longer texts are not tokenised. */
  readonly maxCharacters?: number | undefined;
  /** Token ids are handed out, for prefixes to be remembered. */
  readonly keepsIds?: boolean | undefined;
}

/** Undefined when the request has no prompt whose ids could be known. */
export function promptIdentity(parts: PromptParts): PromptIdentity | undefined {
  const { kind, fields, text, blockSize, seed, maxCharacters, keepsIds } = parts;
  if (text === undefined) return fromText(parts);
  const { prompts } = renderPrompt({ kind, body: fields, text, maxCharacters });
  if (prompts === undefined) return undefined;
  const [only] = prompts;
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  // Several prompts of one request have no common prefix to speak of.
  const hashes = prompts.length === 1 && only !== undefined ? hashBlocks(only, blockSize, seed) : undefined;
  const keeps = keepsIds === true && hashes !== undefined && only !== undefined && seed.lora === undefined;
  return { promptTokens, exact: true, hashes, ...(keeps && { source: { ids: only, salt: seed.salt } }) };
}

function fromText({ fields, blockSize, seed }: PromptParts): PromptIdentity {
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
