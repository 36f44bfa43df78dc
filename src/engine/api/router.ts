// Path and method → handler, and what FastAPI says about paths and methods it does not have.
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import type { EngineContext } from "./engine-context.ts";
import { devRoutes } from "./dev-routes.ts";
import { embeddings } from "./embeddings.ts";
import type { Exchange } from "./exchange.ts";
import { generate, renderChat, renderCompletion } from "./generate.ts";
import { countTokens, messages } from "./messages.ts";
import { pooling, rerank, score } from "./pooling.ts";
import { responses } from "./responses.ts";
import { detokenize, tokenize } from "./tokenize.ts";
import type { EngineOptions } from "../engine-options.ts";
import { loadAdapter, unloadAdapter } from "./lora-routes.ts";
import { listModels, oneModel } from "./models.ts";
import { health, kvEventSources, load, noMetrics, version } from "./ops-routes.ts";

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

function common(): [string, Route][] {
  return [
    ["/health", get(health)],
    ["/ping", { methods: ["GET", "POST"], handle: health, json: false }],
    ["/version", get(version)],
    ["/load", get(load)],
    ["/kv_event_sources", get(kvEventSources)],
    ["/metrics", get(noMetrics)],
    ["/v1/models", get(listModels)],
    ["/tokenize", post(tokenize)],
    ["/detokenize", post(detokenize)],
  ];
}

function generatingRoutes(): [string, Route][] {
  return [
    ["/v1/chat/completions", post(chatCompletions)],
    ["/v1/completions", post(completions)],
    ["/v1/responses", post(responses)],
    ["/v1/messages", post(messages)],
    ["/v1/messages/count_tokens", post(countTokens)],
    ["/inference/v1/generate", post(generate)],
    ["/v1/chat/completions/render", post(renderChat)],
    ["/v1/completions/render", post(renderCompletion)],
  ];
}

function poolingRoutes(): [string, Route][] {
  return [
    ["/v1/embeddings", post(embeddings)],
    ["/pooling", post(pooling)],
    ["/score", post(score)],
    ["/v1/score", post(score)],
    ["/rerank", post(rerank)],
    ["/v1/rerank", post(rerank)],
    ["/v2/rerank", post(rerank)],
  ];
}

function devOnly(): [string, Route][] {
  const dev = devRoutes();
  const bare = (handle: Route["handle"]): Route => ({ methods: ["POST"], handle, json: false });
  return [
    ["/reset_prefix_cache", bare(dev.resetPrefixCache)],
    ["/reset_mm_cache", bare(dev.resetOther)],
    ["/reset_encoder_cache", bare(dev.resetOther)],
    ["/sleep", bare(dev.sleep)],
    ["/wake_up", bare(dev.wakeUp)],
    ["/is_sleeping", get(dev.isSleeping)],
    ["/pause", bare(dev.pause)],
    ["/resume", bare(dev.resume)],
    ["/is_paused", get(dev.isPaused)],
    ["/server_info", get(dev.serverInfo)],
  ];
}

function loraRoutes(): [string, Route][] {
  return [
    ["/v1/load_lora_adapter", post(loadAdapter)],
    ["/v1/unload_lora_adapter", post(unloadAdapter)],
  ];
}

export interface Router {
  match(method: string, path: string): RouteMatch;
}

export function router(options: EngineOptions): Router {
  const ofModel = options.runner === "pooling" ? poolingRoutes() : generatingRoutes();
  const extra = [...(options.devMode ? devOnly() : []), ...(options.loraUpdates === true ? loraRoutes() : [])];
  const routes = new Map([...common(), ...ofModel, ...extra]);
  return {
    match(method, path) {
      const route = routes.get(path) ?? (path.startsWith("/v1/models/") ? get(oneModel) : undefined);
      if (route === undefined) return { status: 404 };
      if (!route.methods.includes(method)) return { status: 405, allow: route.methods.toSorted().join(", ") };
      return route;
    },
  };
}
