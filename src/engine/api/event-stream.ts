// Server-sent events with backpressure: what a slow client does not take is merged, not queued.
import type { Exchange } from "./exchange.ts";

export interface EventStream {
  /** False while the client does not read; then the caller merges what it has and waits for `onReady`. */
  readonly ready: boolean;
  /** One `data:` event, one write. Undefined event name leaves the line out. */
  send(data: string, event?: string): void;
  /** Ends the stream, after `data: [DONE]` when it has that mark. */
  end(done: boolean): void;
}

export function eventStream(exchange: Exchange, onReady: () => void): EventStream {
  const { response } = exchange.reply;
  exchange.reply.startStream();
  let ready = true;
  let ended = false;
  response.on("drain", () => {
    ready = true;
    if (!ended) onReady();
  });

  /** Node would join writes of one tick into one HTTP chunk; uvicorn sends one a write. */
  function write(text: string): boolean {
    if (response.writableCorked > 0) response.uncork();
    return response.write(text);
  }

  return {
    get ready() {
      return ready;
    },
    send(data, event) {
      if (ended || response.destroyed) return;
      const head = event === undefined ? "" : `event: ${event}\n`;
      ready = write(`${head}data: ${data}\n\n`);
    },
    end(done) {
      if (ended) return;
      ended = true;
      if (response.destroyed) return;
      if (done) write("data: [DONE]\n\n");
      response.end();
    },
  };
}
