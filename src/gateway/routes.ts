// The paths that the gateway answers or forwards; everything else is 404 or 405.

/** How the body names its model and prompt. */
export type BodyKind = "chat" | "completion" | "responses" | "messages" | "embeddings" | "json" | "multipart";

export interface ForwardRoute {
  readonly kind: "forward";
  /** Label of metrics and receipts. */
  readonly name: string;
  /** Sent to the worker as it stands here. */
  readonly path: string;
  readonly body: BodyKind;
  /** `policy` = the model's own; `least_loaded` where a prefix cache does not help. */
  readonly routing: "policy" | "least_loaded";
}

export interface OwnRoute {
  readonly kind: "models" | "health" | "ready";
}

export interface ModelRoute {
  readonly kind: "model";
  readonly model: string;
}

export type Route = ForwardRoute | OwnRoute | ModelRoute;

export interface NoRoute {
  readonly kind: "none";
  readonly status: 404 | 405;
  readonly allow: string | undefined;
}

const BY_POLICY: Readonly<Record<string, BodyKind>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "completion",
  "/v1/responses": "responses",
  "/v1/messages": "messages",
};

/** Other inference paths of vLLM that keep no state in the worker; its dev and admin paths are never here. */
const BY_LOAD: Readonly<Record<string, BodyKind>> = {
  "/v1/embeddings": "embeddings",
  "/v2/embed": "json",
  "/tokenize": "json",
  "/detokenize": "json",
  "/pooling": "json",
  "/classify": "json",
  "/score": "json",
  "/v1/score": "json",
  "/rerank": "json",
  "/v1/rerank": "json",
  "/v2/rerank": "json",
  "/v1/audio/transcriptions": "multipart",
  "/v1/audio/translations": "multipart",
  "/v1/chat/completions/batch": "json",
  "/v1/messages/count_tokens": "json",
};

const OWN: Readonly<Record<string, OwnRoute["kind"]>> = {
  "/v1/models": "models",
  "/health": "health",
  "/ready": "ready",
};

const FORWARD: ReadonlyMap<string, ForwardRoute> = new Map([
  ...entries(BY_POLICY, "policy"),
  ...entries(BY_LOAD, "least_loaded"),
]);

/** All paths that are forwarded, for docs and tests. */
export const FORWARDED_PATHS: readonly string[] = [...FORWARD.keys()];

/** `url` as in the request line; its query is not part of the route and is not forwarded. */
export function matchRoute(method: string, url: string): Route | NoRoute {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const forward = FORWARD.get(path);
  if (forward) return method === "POST" ? forward : { kind: "none", status: 405, allow: "POST" };
  const own = ownRoute(path);
  if (own === undefined) return { kind: "none", status: 404, allow: undefined };
  return method === "GET" ? own : { kind: "none", status: 405, allow: "GET" };
}

function ownRoute(path: string): OwnRoute | ModelRoute | undefined {
  if (Object.hasOwn(OWN, path)) {
    const kind = OWN[path];
    if (kind) return { kind };
  }
  if (!path.startsWith("/v1/models/") || path.length === "/v1/models/".length) return undefined;
  const model = decoded(path.slice("/v1/models/".length));
  return model === undefined ? undefined : { kind: "model", model };
}

/** Undefined for broken percent escapes. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function entries(
  paths: Readonly<Record<string, BodyKind>>,
  routing: ForwardRoute["routing"],
): (readonly [string, ForwardRoute])[] {
  return Object.entries(paths).map(([path, body]) => [path, { kind: "forward", name: path, path, body, routing }]);
}
