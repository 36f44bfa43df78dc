// Which headers go to the worker and which come back: no hop-by-hop ones, and never the client's credentials.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Worker } from "../fleet/index.ts";

/** RFC 9110 §7.6.1, and what older software sends of the kind; and what the gateway says to browsers itself. */
const STAYS_HERE = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What a worker's answer depends on; everything else a client sends stays here. */
const TO_WORKER = ["content-type", "accept", "traceparent", "tracestate", "endpoint-load-metrics-format"] as const;

export interface UpstreamHeaderParts {
  readonly client: IncomingHttpHeaders;
  readonly worker: Worker;
  /** Ours, unique for each leg. */
  readonly requestId: string;
  /** Worker controls that the deployment lets through. */
  readonly controls: Readonly<Record<string, string>>;
}

export function upstreamHeaders({ client, worker, requestId, controls }: UpstreamHeaderParts): Record<string, string> {
  const headers: Record<string, string> = { "x-request-id": requestId };
  for (const name of TO_WORKER) {
    const value = client[name];
    if (typeof value === "string") headers[name] = value;
  }
  if (worker.key !== undefined) headers["authorization"] = `Bearer ${worker.key}`;
  for (const name in worker.headers) headers[name] = worker.headers[name] ?? "";
  for (const name in controls) headers[name] = controls[name] ?? "";
  return headers;
}

/** `edited` = the body's length may change on its way. */
export function clientHeaders(upstream: IncomingHttpHeaders, edited: boolean): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  const named = upstream.connection === undefined ? undefined : namedByConnection(upstream.connection);
  for (const name in upstream) {
    if (STAYS_HERE.has(name) || named?.has(name) === true) continue;
    if (edited && name === "content-length") continue;
    const value = upstream[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

function namedByConnection(connection: string | readonly string[]): ReadonlySet<string> {
  return new Set(
    String(connection)
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
}

export function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") === true;
}
