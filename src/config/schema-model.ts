// Shape of `metadata`, `spec.model` and `spec.tokenizer`.
import * as z from "zod";
import { field } from "./field.ts";
import { aliasesField, loraField } from "./schema-model-names.ts";

/** RFC 1123 label, as Kubernetes wants names. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelRule = "lower-case letters, digits and -, at most 63, beginning and ending with a letter or digit";
const text = z.string().min(1).max(512);
const textMap = z.record(z.string(), z.string().max(4096));

export const metadataSchema = z.strictObject({
  name: field(
    {
      effect:
        "Names the deployment in logs, metrics, receipts and the admin API; unique among the deployments of a process.",
      origin: "seed",
      test: "name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker",
      expected: labelRule,
      example: "unnamed",
    },
    z.string().regex(label),
  ),
  namespace: field(
    {
      effect: "Kept for Kubernetes; the gateway itself only shows it.",
      origin: "seed",
      test: "name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker",
      expected: labelRule,
    },
    z.string().regex(label).default("default"),
  ),
  labels: field(
    {
      effect: "Shown with the deployment in the admin API.",
      origin: "kubernetes",
      test: "name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker",
    },
    textMap.default({}),
  ),
  annotations: field(
    {
      effect: "Kept as written; nothing reads them.",
      origin: "kubernetes",
      test: "name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker",
    },
    textMap.default({}),
  ),
});

export const modelSchema = z.strictObject({
  name: field(
    {
      effect:
        "The model that workers serve (vLLM's `--model`) and, unless `servedNames` is set, the name clients ask for.",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
      expected: "a hub name such as meta-llama/Llama-3.1-70B-Instruct, or a path",
      example: "unnamed/model",
    },
    text,
  ),
  source: field(
    {
      effect: "Where weights and tokenizer are looked up: `huggingface` reads `name` as a hub name, `local` as a path.",
      origin: "seed",
      test: "tokenizer.source, tokenizer.path and model.source local: a folder, the built-in one, or none",
    },
    z.enum(["huggingface", "local"]).default("huggingface"),
  ),
  dtype: field(
    {
      effect: "vLLM's `--dtype` for workers started here.",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
    },
    z.enum(["auto", "bfloat16", "float16", "half", "float", "float32"]).default("auto"),
  ),
  tokenizer: field(
    {
      effect: "vLLM's `--tokenizer`, and what the gateway's own tokenizer is looked up by, when it is not the model's.",
      origin: "mapping",
      test: "tokenizer.source hub, tokenizer.revision and model.tokenizer: what is fetched from the hub",
      fallback: "the model's own",
    },
    text.optional(),
  ),
  trustRemoteCode: field(
    {
      effect: "vLLM's `--trust-remote-code` for workers started here; the gateway itself never runs code from a hub.",
      origin: "mapping",
      test: "fields of model and pool are arguments of the vLLM that is started",
    },
    z.boolean().default(false),
  ),
  quantization: field(
    {
      effect: "vLLM's `--quantization` for workers started here; picks the step-time profile.",
      origin: "mapping",
      test: "fields of model and pool are arguments of the vLLM that is started",
      fallback: "as the model says",
      expected: "a method of vLLM such as fp8, awq or gptq",
    },
    z
      .string()
      .regex(/^[a-z0-9_-]{1,40}$/)
      .optional(),
  ),
  servedNames: field(
    {
      effect: "Names that clients may ask for; the first one is what the workers serve (vLLM's `--served-model-name`).",
      origin: "switchgear",
      test: "servedNames: clients may ask for each, the workers are asked for the first",
      fallback: "[model.name]",
    },
    z.array(text).min(1).max(64).optional(),
  ),
  aliases: aliasesField,
  lora: loraField,
});

export const tokenizerSchema = z.strictObject({
  source: field(
    {
      effect:
        "Where the gateway's tokenizer comes from. `hub` downloads through HF_ENDPOINT with HF_TOKEN, `path` reads a file or folder, `builtin` is that of the simulated engine, `none` routes by predicted text chunks.",
      origin: "switchgear",
      test: "tokenizer.source, tokenizer.path and model.source local: a folder, the built-in one, or none",
      fallback: "`path` with `path`; else `builtin` with simulated workers, `path` with a local model, `hub` otherwise",
    },
    z.enum(["hub", "path", "builtin", "none"]).optional(),
  ),
  path: field(
    {
      effect: "A tokenizer.json, or the folder that holds it with its chat template.",
      origin: "switchgear",
      test: "tokenizer.source, tokenizer.path and model.source local: a folder, the built-in one, or none",
      fallback: "none",
    },
    text.optional(),
  ),
  revision: field(
    {
      effect: "Branch, tag or commit on the hub.",
      origin: "switchgear",
      test: "tokenizer.source hub, tokenizer.revision and model.tokenizer: what is fetched from the hub",
    },
    z
      .string()
      .regex(/^[\w./-]{1,100}$/)
      .default("main"),
  ),
});
