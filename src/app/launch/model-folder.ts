// A model in a local folder: is it there, what shape has it, how large are its weights.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Deployment } from "../../config/index.ts";
import { SwitchgearError } from "../../core/index.ts";
import type { ModelSpec } from "../../model/index.ts";

export interface LocalModel {
  readonly folder: string;
  /** Undefined for an architecture whose config.json says less. */
  readonly shape: ModelSpec | undefined;
  /** Of the weight files; undefined = there are none, as with `--load-format dummy`. */
  readonly weightBytes: number | undefined;
}

/** Absolute, from the folder of the deployment file; undefined for a model of the hub. */
export function modelFolder({ model, source }: Deployment): string | undefined {
  if (model.source !== "local" && !/^[./~]/.test(model.name)) return undefined;
  const path = model.name.replace(/^~(?=\/|$)/, homedir());
  return resolve(source.file === "-" ? "." : dirname(source.file), path);
}

/** Throws SWG_MODEL_MISSING for what vLLM could not load. */
export function readLocalModel(folder: string, where: string): LocalModel {
  const missing = (what: string, cause?: unknown): SwitchgearError =>
    new SwitchgearError("SWG_MODEL_MISSING", `${what} at ${folder}`, {
      value: folder,
      where,
      expected: "a folder with config.json and weights, as Hugging Face has them",
      cause,
    });
  if (!statSync(folder, { throwIfNoEntry: false })) throw missing("there is no model");
  // A single file is a model, too: GGUF.
  if (!statSync(folder).isDirectory()) return { folder, shape: undefined, weightBytes: statSync(folder).size };
  const names = readdirSync(folder);
  if (!names.includes("config.json") && !names.includes("params.json")) throw missing("there is no config.json");
  try {
    const config: unknown = names.includes("config.json") ? JSON.parse(readText(folder)) : {};
    return { folder, shape: shapeOf(config, folder), weightBytes: weightsIn(folder, names) };
  } catch (cause) {
    throw missing("config.json cannot be read", cause);
  }
}

function readText(folder: string): string {
  return readFileSync(join(folder, "config.json"), "utf8");
}

function weightsIn(folder: string, names: readonly string[]): number | undefined {
  const of = (ending: string): number =>
    names.filter((name) => name.endsWith(ending)).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return of(".safetensors") || of(".bin") || undefined;
}

/** Names of config.json (transformers); those of a text model inside a larger one stand under text_config. */
function shapeOf(config: unknown, name: string): ModelSpec | undefined {
  const top = (typeof config === "object" && config !== null ? config : {}) as Record<string, unknown>;
  const text = (top["text_config"] ?? top) as Record<string, unknown>;
  const count = (key: string): number => (typeof text[key] === "number" ? text[key] : Number.NaN);
  const heads = count("num_attention_heads");
  const hidden = count("hidden_size");
  const spec: ModelSpec = {
    name,
    layers: count("num_hidden_layers"),
    hidden,
    heads,
    kvHeads: count("num_key_value_heads") || heads,
    headSize: count("head_dim") || hidden / heads,
    feedForward: count("intermediate_size"),
    vocabulary: count("vocab_size"),
    maxContext: count("max_position_embeddings"),
  };
  return Object.values(spec).every((one) => typeof one === "string" || one > 0) ? spec : undefined;
}
