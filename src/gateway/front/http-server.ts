// The server of the data port, plain or TLS, with limits on clients that send or take slowly.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { refusal, refusalBody } from "../refusal.ts";
import { tlsOptions, type TlsMaterial } from "./tls-material.ts";

export interface HttpServerOptions {
  /** Undefined = plain HTTP. */
  readonly tls: TlsMaterial | undefined;
  readonly slowness?: Partial<Slowness> | undefined;
}

/** How long a client may take, ms. */
export interface Slowness {
  /** TLS handshake, and a request's head. */
  readonly head: number;
  /** Head and body together; a 64 MiB body at 2 Mbit/s. */
  readonly body: number;
  /** Not one byte of a finished answer taken. */
  readonly taking: number;
}

const SLOWNESS: Slowness = { head: 10_000, body: 300_000, taking: 30_000 };

/** Longer than what load balancers keep idle connections (60 s is usual), so that they close first. */
const KEEP_ALIVE_MS = 75_000;
const CHECK_MS = 2000;

export interface HttpServer {
  readonly server: Server;
  /** For handshakes from now on; throws, and changes nothing, when it cannot be used. */
  readonly renewTls: (material: TlsMaterial) => void;
}

export function httpServer(listener: RequestListener, { tls, slowness }: HttpServerOptions): HttpServer {
  const limits = { ...SLOWNESS, ...slowness };
  const latest = new WeakMap<Socket, ServerResponse>();
  const server = makeServer({ tls, limits }, (request, response) => {
    latest.set(request.socket, response);
    cutWhenNotTaken(response, limits.taking);
    listener(request, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, duplex) =>
    onClientError(error, duplex as Socket, latest.get(duplex as Socket)),
  );
  // An Upgrade request would otherwise lose its connection without an answer.
  server.on("upgrade", (_request: IncomingMessage, socket) => refuseSocket(undefined, socket as Socket));
  return {
    server,
    renewTls: (material) => (server as unknown as TlsServer).setSecureContext(tlsOptions(material)),
  };
}

interface Making {
  readonly tls: TlsMaterial | undefined;
  readonly limits: Slowness;
}

function makeServer({ tls, limits }: Making, listener: RequestListener): Server {
  const options: ServerOptions = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: limits.head,
    requestTimeout: limits.body,
    connectionsCheckingInterval: Math.min(CHECK_MS, limits.head),
    keepAlive: true,
    insecureHTTPParser: false,
    // `framingFault` refuses it, with a body.
    requireHostHeader: false,
  };
  if (tls === undefined) return createServer(options, listener);
  return createSecureServer({ ...options, ...tlsOptions(tls), handshakeTimeout: limits.head }, listener);
}

/**
 * A client that reads nothing of what is left would keep its request's memory until TCP gives up. The socket's own timer
 * runs anew with each byte that it takes.
 */
function cutWhenNotTaken(response: ServerResponse, ms: number): void {
  response.once("prefinish", () => {
    const { socket } = response;
    if (socket !== null && socket.writableLength > 0) response.setTimeout(ms, () => socket.destroy());
  });
}

function onClientError(error: NodeJS.ErrnoException, socket: Socket, response: ServerResponse | undefined): void {
  const isHttp = error.code?.startsWith("HPE_") === true || error.code?.startsWith("ERR_HTTP_") === true;
  // A handshake that failed: there is nothing to say anything on.
  if (!isHttp) return void socket.destroy();
  // In the middle of an answer, or after the last one, another answer would be read as part of it.
  if (response?.headersSent === true && !(response.writableFinished && response.shouldKeepAlive)) socket.destroySoon();
  else refuseSocket(error, socket);
}

/** What the parser refused: answered on the bare socket, which then ends. */
function refuseSocket(error: NodeJS.ErrnoException | undefined, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const refused = parserRefusal(error?.code);
  const body = refusalBody(refused);
  const head = `HTTP/1.1 ${refused.status} ${refused.type}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}

function parserRefusal(code: string | undefined) {
  if (code === "HPE_HEADER_OVERFLOW") return refusal(431, "The request's headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return refusal(408, "The request did not arrive in time.");
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return refusal(413, "The chunk extensions are too large.");
  if (code === undefined) return refusal(400, "Protocol upgrades are not supported.");
  return refusal(400, `The request is not valid HTTP (${code}).`);
}
