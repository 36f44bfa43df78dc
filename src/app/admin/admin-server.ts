// The admin listener: bearer token, JSON answers, one handler a route.
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { leaveSocket, toError } from "../../core/index.ts";
import type { Log } from "../../telemetry/index.ts";
import { AdminProblem } from "./admin-problem.ts";
import { type AdminRoute, type AdminRouteName, matchAdminRoute } from "./admin-routes.ts";
import { adminOpenApi } from "./openapi.ts";
import { readJson } from "./read-json.ts";

/** Answers a route; undefined = nothing by this id. */
export type AdminHandlers = Readonly<
  Record<Exclude<AdminRouteName, "openapi">, (id: string, body: Readonly<Record<string, unknown>>) => unknown>
>;

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  /** An open socket to listen on instead. */
  readonly fd?: number | undefined;
  readonly token: string;
  /** Another bearer that opens it: a tenant store's admin key. */
  readonly admits?: ((bearer: string) => boolean) | undefined;
  readonly handlers: AdminHandlers;
  readonly log: Pick<Log, "error">;
}

export interface AdminServer {
  readonly port: number;
  /** Another process serves the same socket. */
  handOver(): Promise<void>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export async function startAdminServer({ host, port, fd, ...about }: AdminOptions): Promise<AdminServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    void answer(request, about).then((reply) => {
      // An unread body must not hold the socket.
      request.resume();
      send(response, reply);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (fd === undefined) server.listen(port, host, resolve);
    else server.listen({ fd }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    handOver: () => leaveSocket(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answering = Pick<AdminOptions, "token" | "admits" | "handlers" | "log">;

async function answer(request: IncomingMessage, { token, admits, handlers, log }: Answering): Promise<Reply> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const matched = matchAdminRoute(request.method ?? "GET", path);
  if (matched !== undefined && matched !== "method" && matched.route.open) return { status: 200, body: adminOpenApi() };
  const { authorization } = request.headers;
  if (!authorized(authorization, token) && admits?.((authorization ?? "").replace(/^Bearer /i, "")) !== true) {
    return problem(401, "missing or wrong bearer token; it is in the file admin-token of the state directory");
  }
  if (matched === undefined) return problem(404, `no such path: ${path}; see /openapi.json`);
  if (matched === "method") return problem(405, `${request.method} is not answered on ${path}`);
  if (matched.name === "openapi") return { status: 200, body: adminOpenApi() };
  try {
    const body = await handlers[matched.name](matched.id, await bodyOf(request, matched.route));
    return body === undefined ? problem(404, `nothing by the id ${matched.id}`) : { status: 200, body };
  } catch (error) {
    if (error instanceof AdminProblem) return problem(error.status, error.message, error.more);
    log.error({ route: matched.name, error: toError(error).message }, "the admin API failed on a request");
    return problem(500, "the admin API failed on this request, its log says why; the data path is not affected");
  }
}

/** A member that nobody reads is a mistake: a misspelt `expiresInSeconds` made a key without an end. */
async function bodyOf(
  request: IncomingMessage,
  { takesBody, members }: AdminRoute,
): Promise<Readonly<Record<string, unknown>>> {
  if (takesBody !== true) return {};
  const body = await readJson(request);
  const unknown = members && Object.keys(body).find((name) => !members.includes(name));
  if (members === undefined || unknown === undefined) return body;
  throw new AdminProblem(400, `unknown member ${unknown.slice(0, 80)}; known: ${members.join(", ")}`);
}

function problem(status: number, message: string, more: Readonly<Record<string, unknown>> = {}): Reply {
  return { status, body: { error: { message, code: status, ...more } } };
}

/** Digests have equal lengths, so the comparison tells nothing about the token. */
function authorized(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = `${JSON.stringify(body, null, 2)}\n`;
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(text),
  };
  response.writeHead(status, status === 401 ? { ...headers, "www-authenticate": "Bearer" } : headers);
  response.end(text);
}
