// vLLM's metrics of its HTTP server (prometheus-fastapi-instrumentator).
import type { ServerResponse } from "node:http";

/** Not counted by vLLM. */
const EXCLUDED = new Set(["/metrics", "/health", "/load", "/ping", "/version", "/server_info"]);

export interface HttpExchange {
  readonly handler: string;
  readonly method: string;
  /** `2xx` and so on. */
  readonly status: string;
  readonly seconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface HttpRequestFacts {
  readonly path: string;
  readonly method: string;
  readonly contentLength: number;
  readonly seconds: number;
}

/** Undefined when vLLM does not count it. Unknown paths and methods share the handler `none`. */
export function httpExchange(response: ServerResponse, facts: HttpRequestFacts): HttpExchange | undefined {
  const { path, method, contentLength, seconds } = facts;
  if (EXCLUDED.has(path) || path.startsWith("/_sim/")) return undefined;
  const status = response.statusCode;
  const length = Number(response.getHeader("content-length"));
  return {
    handler: status === 404 && !isModelRoute(path) ? "none" : status === 405 ? "none" : path,
    method,
    status: `${Math.floor(status / 100)}xx`,
    seconds,
    requestBytes: contentLength,
    responseBytes: Number.isFinite(length) ? length : 0,
  };
}

/** A 404 of these is an unknown model, not an unknown path. */
function isModelRoute(path: string): boolean {
  return MODEL_ROUTES.has(path);
}

const MODEL_ROUTES = new Set([
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/responses",
  "/v1/messages",
  "/v1/embeddings",
  "/tokenize",
  "/detokenize",
]);
