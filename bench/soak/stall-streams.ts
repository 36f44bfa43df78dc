// Streams that run all the time, each chunk timed: by how much did any come later than its worker's pace. A helper process.
import { connect, type Socket } from "node:net";
import { answerQuestions } from "../lib/helper-process.ts";
import { HttpMessages } from "../lib/http-messages.ts";

export type StallQuestion =
  | { readonly kind: "start"; readonly port: number; readonly groups: readonly StreamGroup[] }
  /** The worst since the last question. */
  | { readonly kind: "worst" };

export interface StreamGroup {
  readonly model: string;
  /** Of its worker, between chunks. */
  readonly gapMs: number;
  readonly streams: number;
}

export interface Worst {
  /** Largest time between two chunks of a stream beyond the worker's gap. */
  readonly stretchMs: number;
  readonly chunks: number;
  /** Connections that ended. */
  readonly lost: number;
}

const SPREAD_MS = 7;

let stretchMs = 0;
let chunks = 0;
let lost = 0;

answerQuestions(answer);

async function answer(question: StallQuestion): Promise<Worst> {
  if (question.kind === "start") {
    for (const { model, gapMs, streams } of question.groups)
      for (let i = 0; i < streams; i++) {
        keepStreaming(question.port, { model, gapMs });
        await new Promise((resolve) => void setTimeout(resolve, SPREAD_MS));
      }
  }
  const worst = { stretchMs, chunks, lost };
  stretchMs = 0;
  chunks = 0;
  return worst;
}

function keepStreaming(port: number, { model, gapMs }: Pick<StreamGroup, "model" | "gapMs">): void {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let last: number | undefined;
  const ask = (): void => {
    last = undefined;
    post(socket, model);
  };
  const messages = new HttpMessages({
    onHead() {},
    onBody() {
      const now = performance.now();
      if (last !== undefined) stretchMs = Math.max(stretchMs, now - last - gapMs);
      last = now;
      chunks += 1;
    },
    onEnd: ask,
  });
  socket.on("data", (bytes: Buffer) => messages.push(bytes));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => void (lost += 1));
  socket.on("connect", ask);
}

function post(socket: Socket, model: string): void {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], max_tokens: 100, stream: true });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: soak\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}
