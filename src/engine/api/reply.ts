// Answers as uvicorn writes them: lower-case headers in its order, no keep-alive header, one chunk a write.
import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/index.ts";

export interface ReplyHeaders {
  readonly clock: Clock;
  /** Sent as x-request-id when the server has request-id headers on. */
  readonly requestId: string | undefined;
}

/** The part of an HTTP exchange that a handler writes to. */
export interface Reply {
  readonly response: ServerResponse;
  json(status: number, body: string, extra?: readonly (readonly [string, string])[]): void;
  text(status: number, body: string, contentType: string | undefined): void;
  startStream(): void;
}

export function reply(response: ServerResponse, headers: ReplyHeaders): Reply {
  function head(
    status: number,
    own: readonly (readonly [string, string])[],
    tail: readonly (readonly [string, string])[],
  ): void {
    response.sendDate = false;
    response.removeHeader("connection");
    const id = headers.requestId === undefined ? [] : [["x-request-id", headers.requestId] as const];
    const date = ["date", new Date(headers.clock.epoch()).toUTCString()] as const;
    // Without Node's own header a connection that is to be closed has to say so.
    const close = response.shouldKeepAlive ? [] : [["connection", "close"] as const];
    const all = [date, ["server", "uvicorn"], ...own, ["vary", "Origin"], ...id, ...close, ...tail] as const;
    response.writeHead(status, all.flat());
  }

  function body(status: number, text: string, own: readonly (readonly [string, string])[]): void {
    const bytes = Buffer.from(text);
    head(status, [...own.slice(0, -1), ["content-length", String(bytes.length)], ...own.slice(-1)], []);
    response.end(bytes);
  }

  return {
    response,
    json: (status, text, extra = []) => body(status, text, [...extra, ["content-type", "application/json"]]),
    text(status, text, contentType) {
      if (contentType !== undefined) return body(status, text, [["content-type", contentType]]);
      head(status, [["content-length", String(Buffer.byteLength(text))]], []);
      response.end(text);
    },
    startStream() {
      head(200, [["content-type", "text/event-stream; charset=utf-8"]], [["transfer-encoding", "chunked"]]);
      response.flushHeaders();
    },
  };
}
