// What stands between a client's head and the routes: root path, key, origin.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiKeySettings, CorsSettings } from "../../config/index.ts";
import { type Cors, cors } from "../cors.ts";
import type { Slowness } from "./http-server.ts";
import { type KeyGuard, keyGuard } from "./key-guard.ts";
import type { TlsMaterial } from "./tls-material.ts";

export interface FrontOptions {
  readonly tls?: TlsMaterial | undefined;
  /** Keys of clients; none = nobody is asked. */
  readonly keys?: readonly string[];
  readonly guard?: ApiKeySettings["guard"];
  readonly cors?: CorsSettings;
  /** `""` or `/prefix` */
  readonly rootPath?: string;
  readonly slowness?: Partial<Slowness>;
}

export interface Front {
  readonly guard: KeyGuard;
  readonly cors: Cors;
  readonly rootPath: string;
}

export function front({ keys = [], guard, cors: origins, rootPath = "" }: FrontOptions): Front {
  return { guard: keyGuard(keys, guard), cors: cors(origins), rootPath };
}

/** As Starlette's `get_route_path`: below the root path, and also without it. */
export function withoutRoot(url: string, rootPath: string): string {
  return rootPath !== "" && url.startsWith(`${rootPath}/`) ? url.slice(rootPath.length) : url;
}

/** More of a body than this is not read for an answer that does not need it. */
const UNREAD_BYTES = 1 << 20;

/** The answer comes before the body: a long or endless one is cut with its connection. */
export function closeBeforeLongBody(request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request;
  const long = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > UNREAD_BYTES;
  if (long) response.setHeader("connection", "close");
}

/** vLLM's own words, and like them without headers for browsers. */
export function sendUnauthorized(response: ServerResponse): void {
  const body = '{"error":"Unauthorized"}';
  response.writeHead(401, { "content-length": body.length, "content-type": "application/json" }).end(body);
}
