// Browsers on other origins, answered as vLLM's CORSMiddleware (Starlette 1.x, middleware/cors.py) answers them.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsSettings } from "../config/index.ts";

/** Marks the answer to come for the page that asked; false when nothing is left to do. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => boolean;

const DEFAULTS: CorsSettings = {
  allowedOrigins: [],
  allowedMethods: ["*"],
  allowedHeaders: ["*"],
  allowCredentials: false,
};
const ALL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const SAFE_HEADERS = ["Accept", "Accept-Language", "Content-Language", "Content-Type"];
const MAX_AGE_SECONDS = "600";
const PREFLIGHT_VARY =
  "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";

interface Rules {
  readonly allowsOrigin: (origin: string) => boolean;
  /** The answer names the origin, not `*`. */
  readonly names: boolean;
  readonly credentials: boolean;
  readonly methods: readonly string[];
  /** Undefined = all. */
  readonly headers: readonly string[] | undefined;
}

export function cors(settings: CorsSettings = DEFAULTS): Cors {
  const rules = rulesOf(settings);
  return (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined) return true;
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
      answerPreflight(rules, origin, { request, response });
      return false;
    }
    response.setHeader("vary", "Origin");
    if (rules.credentials) response.setHeader("access-control-allow-credentials", "true");
    if (rules.allowsOrigin(origin)) response.setHeader("access-control-allow-origin", rules.names ? origin : "*");
    return true;
  };
}

function rulesOf({ allowedOrigins, allowedMethods, allowedHeaders, allowCredentials }: CorsSettings): Rules {
  const all = allowedOrigins.includes("*");
  return {
    allowsOrigin: (origin) => all || allowedOrigins.includes(origin),
    names: !all || allowCredentials,
    credentials: allowCredentials,
    methods: allowedMethods.includes("*") ? ALL_METHODS : allowedMethods,
    headers: allowedHeaders.includes("*") ? undefined : [...new Set([...SAFE_HEADERS, ...allowedHeaders])].toSorted(),
  };
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answerPreflight(rules: Rules, origin: string, { request, response }: Asked): void {
  const wanted = request.headers["access-control-request-headers"];
  const failures = failuresOf(rules, origin, request);
  const headers: Record<string, string> = {
    vary: PREFLIGHT_VARY,
    "access-control-allow-methods": rules.methods.join(", "),
    "access-control-max-age": MAX_AGE_SECONDS,
  };
  if (!rules.names) headers["access-control-allow-origin"] = "*";
  else if (rules.allowsOrigin(origin)) headers["access-control-allow-origin"] = origin;
  if (rules.credentials) headers["access-control-allow-credentials"] = "true";
  const allowed = rules.headers?.join(", ") ?? wanted;
  if (allowed !== undefined) headers["access-control-allow-headers"] = allowed;
  const text = failures.length === 0 ? "OK" : `Disallowed CORS ${failures.join(", ")}`;
  response.writeHead(failures.length === 0 ? 200 : 400, {
    ...headers,
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
  });
  response.end(text);
}

function failuresOf(rules: Rules, origin: string, { headers }: IncomingMessage): string[] {
  const method = headers["access-control-request-method"] ?? "";
  const wanted = headers["access-control-request-headers"];
  const known = rules.headers?.map((one) => one.toLowerCase());
  const isKnown = (name: string) => known === undefined || known.includes(name.trim().toLowerCase());
  return [
    ...(rules.allowsOrigin(origin) ? [] : ["origin"]),
    ...(rules.methods.includes(method) ? [] : ["method"]),
    ...(wanted === undefined || wanted.split(",").every(isKnown) ? [] : ["headers"]),
    ...(headers["access-control-request-private-network"] === undefined ? [] : ["private-network"]),
  ];
}
