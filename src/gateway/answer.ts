// Writes what the gateway answers itself.
import type { ServerResponse } from "node:http";
import { type Refusal, refusalBody } from "./refusal.ts";

export function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    // As vLLM's CORSMiddleware marks every answer, whoever asked.
    vary: "Origin",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  });
  response.end(body);
}

/** `record` of a request that was let in: its id goes with the answer, its route decides the shape. */
export function sendRefusal(
  response: ServerResponse,
  refused: Refusal,
  record?: { readonly id: string; readonly route: string },
): void {
  sendJson(response, refused.status, refusalBody(refused, record?.route), {
    ...refused.headers,
    ...(record !== undefined && { "x-request-id": record.id }),
  });
}
