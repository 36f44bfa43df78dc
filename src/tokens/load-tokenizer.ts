// A folder in the Hugging Face layout → tokenizer and chat template.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SwitchgearError, toError } from "../core/index.ts";
import { tokenizerOfParts } from "./bpe-tokenizer.ts";
import { isRecord } from "./chat-message.ts";
import { type ChatTemplate, chatTemplate, type TemplateTokens } from "./chat-template.ts";
import { parseJsonFile } from "./parse-json-file.ts";
import { readBpeParts } from "./read-bpe-parts.ts";
import type { TextModel } from "./text-model.ts";

type Json = Readonly<Record<string, unknown>>;

/** The files that are looked at; only the first must be there. */
export const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "config.json",
  "generation_config.json",
] as const;

/** Throws SWG_FILE_UNREADABLE, SWG_TOKENIZER_INVALID, SWG_TOKENIZER_UNSUPPORTED or SWG_TEMPLATE_INVALID. */
export async function loadTokenizerFolder(folder: string): Promise<TextModel> {
  const config = await readJson(join(folder, "tokenizer_config.json"));
  const model = await readJson(join(folder, "config.json"));
  const generation = await readJson(join(folder, "generation_config.json"));
  const tokens = specialTokens(config);
  const path = join(folder, "tokenizer.json");
  const tokenizer = tokenizerOfParts(await readBpeParts(path), {
    name: path,
    endOfSequence: tokens.eos_token === undefined ? [] : [tokens.eos_token],
    endOfSequenceIds: [...idList(generation["eos_token_id"]), ...idList(model["eos_token_id"])],
  });
  return { tokenizer, template: await loadTemplate(folder, config, tokens), maxModelLen: contextLength(model) };
}

/** chat_template.jinja wins over the field of tokenizer_config.json, as in transformers. */
async function loadTemplate(folder: string, config: Json, tokens: TemplateTokens): Promise<ChatTemplate | undefined> {
  const path = join(folder, "chat_template.jinja");
  const source = (await readOptional(path)) ?? defaultTemplate(config["chat_template"]);
  return source === undefined ? undefined : chatTemplate(source, path, tokens);
}

/** A list names several templates; `tool_use` and others beside `default` are not used. */
function defaultTemplate(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const list: unknown[] = Array.isArray(value) ? value : [];
  const found = list.filter(isRecord).find((one) => one["name"] === "default");
  return typeof found?.["template"] === "string" ? found["template"] : undefined;
}

function specialTokens(config: Json): TemplateTokens {
  return {
    bos_token: tokenText(config["bos_token"]),
    eos_token: tokenText(config["eos_token"]),
    pad_token: tokenText(config["pad_token"]),
    unk_token: tokenText(config["unk_token"]),
  };
}

/** A token is its text, or an object that holds it. */
function tokenText(value: unknown): string | undefined {
  const text = isRecord(value) ? value["content"] : value;
  return typeof text === "string" ? text : undefined;
}

function idList(value: unknown): number[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => Number.isInteger(id));
}

/** Multi-modal models keep the language model's part apart. */
function contextLength(model: Json): number | undefined {
  const inner = isRecord(model["text_config"]) ? model["text_config"] : model;
  const length = inner["max_position_embeddings"] ?? inner["n_positions"] ?? inner["max_seq_len"];
  return typeof length === "number" && Number.isInteger(length) && length > 0 ? length : undefined;
}

async function readJson(path: string): Promise<Json> {
  const text = await readOptional(path);
  const json = text === undefined ? {} : parseJsonFile(text, path, "a JSON file as transformers writes it");
  if (isRecord(json)) return json;
  throw new SwitchgearError("SWG_TOKENIZER_INVALID", `${path} is not a JSON object`, { where: path });
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, cause: unknown): SwitchgearError {
  return new SwitchgearError("SWG_FILE_UNREADABLE", `cannot read ${path}: ${toError(cause).message}`, {
    value: path,
    where: path,
    expected: "a folder with tokenizer.json, as on the Hugging Face hub",
    cause,
  });
}
