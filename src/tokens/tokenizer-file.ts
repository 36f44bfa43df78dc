// The parts of a tokenizer.json that a byte-level BPE tokenizer is made of, checked.
import type { AddedToken } from "./added-tokens.ts";
import { isRecord } from "./chat-message.ts";
import { invalid, unsupported } from "./unsupported-tokenizer.ts";

export interface TokenizerFile {
  readonly vocabulary: Readonly<Record<string, number>>;
  /** Both sides of each merge, first merge first. */
  readonly merges: readonly (readonly [string, string])[];
  /** A word that is a token is that token, whatever the merges say. */
  readonly ignoreMerges: boolean;
  readonly addedTokens: readonly AddedToken[];
  /** Checked when it is built. */
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  /** Ids that the post-processor puts around one sequence. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export function tokenizerFile(json: unknown): TokenizerFile {
  if (!isRecord(json)) throw invalid("the file", "a JSON object");
  const model = json["model"];
  if (!isRecord(model)) throw invalid("model", "an object");
  checkModel(model);
  const affixes = readPostProcessor(json["post_processor"]);
  return {
    vocabulary: readVocabulary(model["vocab"]),
    merges: readMerges(model["merges"]),
    ignoreMerges: model["ignore_merges"] === true,
    addedTokens: readAddedTokens(json["added_tokens"]),
    normalizer: json["normalizer"],
    preTokenizer: json["pre_tokenizer"],
    ...affixes,
  };
}

function checkModel(model: Readonly<Record<string, unknown>>): void {
  // Files from before 2021 leave the type out.
  const type = model["type"] ?? (Array.isArray(model["merges"]) ? "BPE" : null);
  if (type !== "BPE") throw unsupported("model.type", type, "BPE");
  if (model["byte_fallback"] === true) throw unsupported("model.byte_fallback", true, "a byte-level vocabulary");
  if (model["dropout"]) throw unsupported("model.dropout", model["dropout"], "null");
  for (const field of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[field]) throw unsupported(`model.${field}`, model[field], "none");
  }
}

function readVocabulary(vocab: unknown): Record<string, number> {
  if (!isRecord(vocab) || !Object.values(vocab).every((id) => Number.isInteger(id) && Number(id) >= 0)) {
    throw invalid("model.vocab", "an object of token ids");
  }
  return vocab as Record<string, number>;
}

/** A merge is ["a", "b"], in files from before 2024 "a b". */
function readMerges(merges: unknown): (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw invalid("model.merges", "a list");
  return merges.map((merge: unknown) => {
    const [left, right, more]: unknown[] =
      typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    if (typeof left === "string" && typeof right === "string" && more === undefined) return [left, right];
    throw invalid("model.merges", "a list of pairs");
  });
}

function readAddedTokens(tokens: unknown): AddedToken[] {
  if (tokens === undefined || tokens === null) return [];
  if (!Array.isArray(tokens)) throw invalid("added_tokens", "a list");
  return tokens.map((token: unknown) => {
    if (!isRecord(token) || !Number.isInteger(token["id"]) || typeof token["content"] !== "string") {
      throw invalid("added_tokens", "a list of {id, content}");
    }
    return {
      id: Number(token["id"]),
      content: token["content"],
      special: token["special"] === true,
      normalized: token["normalized"] === true,
      lstrip: token["lstrip"] === true,
      rstrip: token["rstrip"] === true,
      singleWord: token["single_word"] === true,
    };
  });
}

interface Affixes {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NO_AFFIXES: Affixes = { before: [], after: [] };

function readPostProcessor(spec: unknown): Affixes {
  if (spec === null || spec === undefined) return NO_AFFIXES;
  if (!isRecord(spec)) throw invalid("post_processor", "an object or null");
  if (spec["type"] === "ByteLevel") return NO_AFFIXES;
  if (spec["type"] === "TemplateProcessing") return readTemplate(spec);
  if (spec["type"] === "Sequence" && Array.isArray(spec["processors"])) {
    const list = spec["processors"].map(readPostProcessor);
    // Each wraps what the one before made.
    return { before: list.toReversed().flatMap((one) => one.before), after: list.flatMap((one) => one.after) };
  }
  throw unsupported("post_processor", spec["type"], "ByteLevel, TemplateProcessing, a Sequence of these, or none");
}

function readTemplate(spec: Readonly<Record<string, unknown>>): Affixes {
  if (!Array.isArray(spec["single"])) throw invalid("post_processor.single", "a list");
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  for (const part of spec["single"] as unknown[]) {
    if (!isRecord(part)) throw invalid("post_processor.single", "a list of objects");
    if (isRecord(part["Sequence"])) side = after;
    else if (isRecord(part["SpecialToken"]))
      side.push(...specialIds(spec["special_tokens"], part["SpecialToken"]["id"]));
  }
  return { before, after };
}

function specialIds(tokens: unknown, name: unknown): number[] {
  const token = isRecord(tokens) && typeof name === "string" ? tokens[name] : undefined;
  const ids = isRecord(token) ? token["ids"] : undefined;
  if (!Array.isArray(ids))
    throw invalid("post_processor.special_tokens", "an object that holds each token of the template");
  return ids.map(Number);
}
