// What the gateway answers without a worker: models, health, readiness.
import type { ServerResponse } from "node:http";
import { sendJson, sendRefusal } from "./answer.ts";
import type { Context } from "./context.ts";
import { mayUseAlias } from "./models/chosen-model.ts";
import { NO_NAMES } from "./models/model-names.ts";
import { type ModelCard, modelCards } from "./models-answer.ts";
import { RETRY_AFTER, refusal, unknownModel } from "./refusal.ts";
import type { Client } from "./tenancy/tenancy.ts";
import type { ModelRoute, OwnRoute } from "./routes.ts";

export interface OwnAsked {
  readonly response: ServerResponse;
  /** Sees only the models that it may use. */
  readonly client: Client | undefined;
}

export function answerOwn(context: Context, route: OwnRoute | ModelRoute, { response, client }: OwnAsked): void {
  switch (route.kind) {
    case "health":
      return void response.writeHead(200, { "content-length": "0", vary: "Origin" }).end();
    case "ready":
      return answerReady(context, response);
    case "models":
      return sendJson(response, 200, JSON.stringify({ object: "list", data: cards(context, client) }));
    case "model": {
      const card = cards(context, client).find((one) => one.id === route.model);
      if (card === undefined) return sendRefusal(response, unknownModel(route.model));
      return sendJson(response, 200, JSON.stringify(card));
    }
  }
}

function cards({ options, adapters, startedEpoch }: Context, client: Client | undefined): ModelCard[] {
  const { fleet, model, names = NO_NAMES } = options;
  const aliases = names.aliases();
  const created = Math.floor(startedEpoch / 1000);
  const rootOf = (name: string) => model(name)?.name;
  const all = modelCards({ fleet, rootOf, created, aliases, adapters: adapters.list() });
  if (client === undefined) return all;
  return all.filter(({ id, root, parent }) => {
    const alias = aliases.find(({ name }) => name === id);
    if (alias !== undefined) return mayUseAlias(client, alias);
    return client.mayUse(parent === null ? [id, root] : [id]);
  });
}

/** Ready when a worker of some model may get a request, or one is started when somebody asks. */
function answerReady({ options, closing }: Context, response: ServerResponse): void {
  const served = options.fleet
    .models()
    .some((name) => options.fleet.eligible(name, "any").length > 0 || options.fleet.sleeps?.(name) === true);
  if (closing) return sendRefusal(response, refusal(503, "The gateway is shutting down.", { headers: RETRY_AFTER }));
  if (!served) return sendRefusal(response, refusal(503, "No worker is ready yet.", { headers: RETRY_AFTER }));
  sendJson(response, 200, JSON.stringify({ status: "ready" }));
}
