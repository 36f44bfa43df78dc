// Path and method → handler, and what FastAPI says about paths and methods it does not have.
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import type { EngineOptions } from "../engine-options.ts";
import { listModels, oneModel } from "./models.ts";
import { health, kvEventSources, load, version } from "./ops-routes.ts";

export interface Route {
  readonly methods: readonly string[];
  readonly handle: (context: EngineContext, exchange: Exchange) => void;
  /** The body is JSON and is read before the handler runs. */
  readonly json: boolean;
}

export type RouteMatch = Route | { readonly status: 404 } | { readonly status: 405; readonly allow: string };

function get(handle: Route["handle"]): Route {
  return { methods: ["GET"], handle, json: false };
}

function post(handle: Route["handle"]): Route {
  return { methods: ["POST"], handle, json: true };
}

function common(): Map<string, Route> {
  return new Map([
    ["/health", get(health)],
    ["/ping", { methods: ["GET", "POST"], handle: health, json: false }],
    ["/version", get(version)],
    ["/load", get(load)],
    ["/kv_event_sources", get(kvEventSources)],
    ["/v1/models", get(listModels)],
    ["/v1/chat/completions", post(chatCompletions)],
    ["/v1/completions", post(completions)],
  ]);
}

export interface Router {
  match(method: string, path: string): RouteMatch;
}

export function router(_options: EngineOptions): Router {
  const routes = common();
  return {
    match(method, path) {
      const route = routes.get(path) ?? (path.startsWith("/v1/models/") ? get(oneModel) : undefined);
      if (route === undefined) return { status: 404 };
      if (!route.methods.includes(method)) return { status: 405, allow: route.methods.toSorted().join(", ") };
      return route;
    },
  };
}
