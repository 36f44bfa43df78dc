// Small whole answers of the operational side, with vLLM's header habits.
import type { ServerResponse } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly type?: string;
}

export function answer(response: ServerResponse, { status, body, type = "application/json" }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    server: "uvicorn",
    "content-length": Buffer.byteLength(body),
    ...(Buffer.byteLength(body) > 0 && { "content-type": type }),
  });
  response.end(body);
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  answer(response, { status, body: JSON.stringify(value) });
}
