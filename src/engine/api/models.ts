// GET /v1/models and /v1/models/{id}.
import { unknownModel } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

export function listModels(context: EngineContext, exchange: Exchange): void {
  const data = context.options.servedModelNames.map((name) => modelCard(context, name));
  exchange.reply.json(200, JSON.stringify({ object: "list", data }));
}

/** vLLM has no such route; OpenAI clients use it, so the simulated one answers it too. */
export function oneModel(context: EngineContext, exchange: Exchange): void {
  const name = decodeURIComponent(exchange.url.pathname.slice("/v1/models/".length));
  const names = context.options.servedModelNames;
  if (!names.includes(name)) throw new ApiError(unknownModel(name, names));
  exchange.reply.json(200, JSON.stringify(modelCard(context, name)));
}

function modelCard(context: EngineContext, id: string): object {
  return {
    id,
    object: "model",
    created: context.startedAt,
    owned_by: "vllm",
    root: context.options.model,
    parent: null,
    max_model_len: context.maxModelLen,
    permission: [permission(context)],
  };
}

function permission(context: EngineContext): object {
  return {
    id: `modelperm-${hexId(context.random)}`,
    object: "model_permission",
    created: context.startedAt,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: "*",
    group: null,
    is_blocking: false,
  };
}
