// GET /metrics on a port of its own.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { leaveSocket, SwitchgearError } from "../core/index.ts";
import type { Metrics } from "./metrics.ts";
import { watchEventLoop } from "./process-metrics.ts";

export interface MetricsServer {
  readonly port: number;
  /** Another process serves the same socket. */
  handOver(): Promise<void>;
  close(): Promise<void>;
}

export async function startMetricsServer(
  listen: { readonly host: string; readonly port: number; readonly fd?: number | undefined },
  metrics: Metrics,
): Promise<MetricsServer> {
  const server = createServer((request, response) => void answer(request, response, metrics));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(portError(error, listen)));
    if (listen.fd === undefined) server.listen(listen.port, listen.host, resolve);
    else server.listen({ fd: listen.fd }, resolve);
  });
  const stopWatching = watchEventLoop(metrics.eventLoopDelay());
  return {
    port: (server.address() as AddressInfo).port,
    handOver: () => leaveSocket(server),
    close: () =>
      new Promise((resolve) => {
        stopWatching();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics): Promise<void> {
  if (request.url?.split("?")[0] !== "/metrics") return void response.writeHead(404).end("not found; try /metrics\n");
  if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
  try {
    const page = await metrics.page();
    response.writeHead(200, { "content-type": metrics.contentType }).end(page);
  } catch (error) {
    response.writeHead(500).end(`${String(error)}\n`);
  }
}

function portError(error: NodeJS.ErrnoException, listen: { readonly host: string; readonly port: number }): Error {
  if (error.code !== "EADDRINUSE") return error;
  return new SwitchgearError("SWG_PORT_IN_USE", `port ${listen.port} for metrics is taken`, {
    value: listen.port,
    where: "monitoring.prometheus.port",
    expected: "a free port",
    cause: error,
  });
}
