// One HTTP exchange on its way through a handler.
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "./json-object.ts";
import type { Reply } from "./reply.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** The parsed JSON body; empty for routes without one. */
  readonly body: JsonObject;
  readonly reply: Reply;
  /** Clock milliseconds at which the request came in. */
  readonly arrivedAt: number;
  /** Calls back once when the client has left before the answer was complete; at once when that already happened. */
  onLeave(run: () => void): void;
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function clientLeave(request: IncomingMessage, reply: Reply): Exchange["onLeave"] {
  const { response } = reply;
  const waiting: (() => void)[] = [];
  let left = false;

  function leave(): void {
    if (left || response.writableFinished) return;
    left = true;
    for (const run of waiting.splice(0)) run();
  }

  // A half-closed client counts as gone, as uvicorn sees it; "close" alone would wait for the flush.
  const { socket } = request;
  socket.once("end", leave);
  response.once("close", () => {
    socket.off("end", leave);
    leave();
  });
  return (run) => void (left ? run() : waiting.push(run));
}
