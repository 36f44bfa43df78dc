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
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  });
  response.end(body);
}

export function sendRefusal(response: ServerResponse, refused: Refusal, requestId?: string): void {
  sendJson(response, refused.status, refusalBody(refused), {
    ...refused.headers,
    ...(requestId !== undefined && { "x-request-id": requestId }),
  });
}
