// The request listener of the engine: authenticates, routes, reads the body, runs the handler, turns faults into answers.
import type { IncomingMessage, ServerResponse } from "node:http";
import { toError } from "../../core/index.ts";
import { internalError, methodNotAllowed, notFound, unauthorized } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import { clientLeave, type Exchange, header } from "./exchange.ts";
import { type Reply, reply } from "./reply.ts";
import { parseBody, readBody } from "./request-body.ts";
import { type Route, router } from "./router.ts";

export type ApiListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Only these are protected by a key, as in vLLM: /tokenize, /metrics and /health are open. */
const PROTECTED = /^\/(v1|v2|inference|cohere)(\/|$)/;

export function apiListener(context: EngineContext): ApiListener {
  const routes = router(context.options);
  return (request, response) => {
    const arrivedAt = context.clock.now();
    const url = new URL(request.url ?? "/", "http://engine");
    const answer = reply(response, { clock: context.clock, requestId: echoedId(context, request) });
    if (!authorised(context, request, url.pathname)) return answer.json(401, unauthorized().body);
    const route = routes.match(request.method ?? "GET", url.pathname);
    if ("status" in route) return noRoute(request, answer, route);
    run(context, route, { request, url, reply: answer, arrivedAt });
  };
}

type Bare = Pick<Exchange, "request" | "url" | "reply" | "arrivedAt">;

function run(context: EngineContext, route: Route, bare: Bare): void {
  const onLeave = clientLeave(bare.request, bare.reply);
  if (!route.json) {
    bare.request.resume();
    return guarded(bare.reply, () => route.handle(context, { ...bare, onLeave, body: {} }));
  }
  void readBody(bare.request).then((text) => {
    if (text === undefined) return;
    guarded(bare.reply, () => route.handle(context, { ...bare, onLeave, body: parseBody(bare.request, text) }));
  });
}

function guarded(answer: Reply, handle: () => void): void {
  try {
    handle();
  } catch (thrown) {
    const { status, body } = thrown instanceof ApiError ? thrown.reply : internalError(toError(thrown).message);
    if (answer.response.headersSent) answer.response.destroy();
    else answer.json(status, body);
  }
}

function noRoute(
  request: IncomingMessage,
  answer: Reply,
  route: { status: 404 } | { status: 405; allow: string },
): void {
  request.resume();
  if (route.status === 404) return answer.json(404, notFound().body);
  answer.json(405, methodNotAllowed().body, [["allow", route.allow]]);
}

function authorised(context: EngineContext, request: IncomingMessage, path: string): boolean {
  const { apiKeys } = context.options;
  if (apiKeys.length === 0 || request.method === "OPTIONS" || !PROTECTED.test(path)) return true;
  const [scheme = "", key = ""] = (header(request, "authorization") ?? "").split(" ", 2);
  return scheme.toLowerCase() === "bearer" && apiKeys.includes(key);
}

function echoedId(context: EngineContext, request: IncomingMessage): string | undefined {
  if (!context.options.requestIdHeaders) return undefined;
  return header(request, "x-request-id") ?? hexId(context.random, 32);
}
