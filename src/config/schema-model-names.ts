// Shape of `spec.model.aliases` and `spec.model.lora`: further names under which clients reach a model.
import * as z from "zod";
import { field } from "./field.ts";

/** A schema of its own for each field. */
function text() {
  return z.string().min(1).max(512);
}

const aliasSchema = z.strictObject({
  name: field(
    {
      effect:
        "A name that clients may ask for besides the served ones; answers bear it. Deployments that state the same one share its sessions.",
      origin: "switchgear",
      test: "aliases: each session stays with one of the models behind a name, by weight, and reads the name it asked for",
      expected: "a name that no model and no adapter has",
      example: "unnamed",
    },
    text(),
  ),
  weight: field(
    {
      effect:
        "Share of the alias's sessions, relative to the weights of all that state it; 0 = none. A change moves only the sessions that have to move.",
      origin: "switchgear",
      test: "aliases: a reload changes weights, running streams go on",
    },
    z.number().min(0).max(1_000_000).default(1),
  ),
  adapter: field(
    {
      effect: "The alias stands for this adapter of the model instead of the model itself.",
      origin: "switchgear",
      test: "lora.adapters: an alias may stand for an adapter",
      fallback: "none",
      expected: "a name in spec.model.lora.adapters",
    },
    text().optional(),
  ),
});

const adapterSchema = z.strictObject({
  name: field(
    {
      effect: "Name of a LoRA adapter; clients ask for it as for a model.",
      origin: "switchgear",
      test: "lora.adapters: names of adapters are served by the workers that hold them",
      example: "unnamed-adapter",
    },
    text(),
  ),
  path: field(
    {
      effect: "Where workers find it: a path on their machine, or a hub name. vLLM's `lora_path`.",
      origin: "switchgear",
      test: "lora.load: an adapter is loaded once where it is missing, before the first request for it goes there",
      example: "/adapters/unnamed",
    },
    z.string().min(1).max(4096),
  ),
});

export const aliasesField = field(
  {
    effect: "Further names that clients may ask for, each for one model or shared out between several by weight.",
    origin: "switchgear",
    fallback: "none",
  },
  z.array(aliasSchema).max(64).default([]),
);

export const loraField = field(
  {
    effect:
      "LoRA adapters of the model. Those that a worker holds without being listed here are served too. Workers started here get `--enable-lora`.",
    origin: "switchgear",
    fallback: "none",
  },
  z
    .strictObject({
      adapters: field(
        { effect: "The adapters, by name.", origin: "switchgear", fallback: "none" },
        z.array(adapterSchema).max(256).default([]),
      ),
      load: field(
        {
          effect:
            "The gateway loads an adapter through vLLM's `/v1/load_lora_adapter` when no worker that may be used holds it; given workers need VLLM_ALLOW_RUNTIME_LORA_UPDATING=1. Without it, workers started here load all adapters at their start.",
          origin: "switchgear",
          test: "lora.load: an adapter is loaded once where it is missing, before the first request for it goes there",
        },
        z.boolean().default(false),
      ),
    })
    .prefault({}),
);
