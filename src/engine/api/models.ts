// GET /v1/models and /v1/models/{id}.
import { unknownModel } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

export function listModels(context: EngineContext, exchange: Exchange): void {
  const data = cards(context);
  exchange.reply.json(200, JSON.stringify({ object: "list", data }));
}

/** vLLM has no such route; OpenAI clients use it, so the simulated one answers it too. */
export function oneModel(context: EngineContext, exchange: Exchange): void {
  const name = decodeURIComponent(exchange.url.pathname.slice("/v1/models/".length));
  const names = context.options.servedModelNames;
  const card = cards(context).find(({ id }) => id === name);
  if (card === undefined) throw new ApiError(unknownModel(name, names));
  exchange.reply.json(200, JSON.stringify(card));
}

/** The model under all its names, then its adapters. */
function cards(context: EngineContext): readonly Card[] {
  const { servedModelNames, model } = context.options;
  const base = { root: model, parent: null, length: context.maxModelLen };
  return [
    ...servedModelNames.map((id) => modelCard(context, { ...base, id })),
    ...context.adapters
      .list()
      .map(({ name, path }) =>
        modelCard(context, { id: name, root: path, parent: servedModelNames[0] ?? model, length: null }),
      ),
  ];
}

interface CardFacts {
  readonly id: string;
  readonly root: string;
  readonly parent: string | null;
  readonly length: number | null;
}

type Card = ReturnType<typeof modelCard>;

function modelCard(context: EngineContext, { id, root, parent, length }: CardFacts) {
  return {
    id,
    object: "model",
    created: context.startedAt,
    owned_by: "vllm",
    root,
    parent,
    max_model_len: length,
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
