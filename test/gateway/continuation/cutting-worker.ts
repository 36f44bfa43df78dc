// A simulated engine behind a door that breaks its streams: at any byte, in any way a worker can be lost.
import { createServer, request as httpRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type EngineOptions, type EngineServer, startEngineServer } from "../../../src/engine/index.ts";
import { ENGINE_DEAD_MESSAGE, streamError } from "../../../src/vllm/index.ts";
import { closeAfterFile } from "../../core/closing.ts";

/** reset: the connection breaks · fin: it ends within the body · end: the body ends early · error: vLLM's words for a dead engine · abort: a shutdown. */
export type CutKind = "reset" | "fin" | "end" | "error" | "abort" | "hang";

export interface Cut {
  readonly kind: CutKind;
  /** Bytes of the body before it; 0 = not even a head. */
  readonly bytes: number;
}

export interface Asked {
  readonly path: string;
  /** As the gateway named the leg. */
  readonly requestId: string;
  readonly body: string;
}

export interface CuttingWorker {
  readonly origin: string;
  readonly engine: EngineServer;
  readonly asked: Asked[];
}

export const ENGINE: Partial<EngineOptions> = { port: 0, servedModelNames: ["tiny"], speed: 1000, seed: 7 };

export async function engineForTests(options: Partial<EngineOptions> = {}): Promise<EngineServer> {
  const engine = await startEngineServer({ ...ENGINE, ...options });
  closeAfterFile(() => engine.close());
  return engine;
}

/** `cutOf` undefined = this leg is left alone. */
export async function cuttingWorker(
  engine: EngineServer,
  cutOf: (asked: Asked) => Cut | undefined,
): Promise<CuttingWorker> {
  const asked: Asked[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const one = {
        path: incoming.url ?? "",
        requestId: String(incoming.headers["x-request-id"]),
        body: body.toString(),
      };
      asked.push(one);
      relay(engine, { ...one, bytes: body }, { response, cut: cutOf(one) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterFile(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, engine, asked };
}

interface Door {
  readonly response: ServerResponse;
  readonly cut: Cut | undefined;
}

function relay(engine: EngineServer, asked: Asked & { readonly bytes: Buffer }, { response, cut }: Door): void {
  const headers = { "content-type": "application/json", "x-request-id": asked.requestId };
  const upstream = httpRequest(`${engine.url}${asked.path}`, { method: "POST", headers, agent: false }, (answer) => {
    let left = cut?.bytes ?? Number.POSITIVE_INFINITY;
    let whole = Buffer.alloc(0);
    if (left > 0) response.writeHead(answer.statusCode ?? 500, { "content-type": answer.headers["content-type"] });
    answer.on("data", (chunk: Buffer) => {
      if (left < 0) return;
      // The engine writes one event a chunk, and words of its own come between two of them.
      const spoken = cut?.kind === "error" || cut?.kind === "abort";
      const piece = spoken ? chunk : chunk.subarray(0, left);
      left -= piece.length;
      if (cut !== undefined) whole = Buffer.concat([whole, piece]);
      if (piece.length > 0) response.write(piece);
      if (left > 0 || cut === undefined) return;
      left = -1;
      upstream.destroy();
      breakOff(response, cut, whole);
    });
    answer.on("end", () => {
      if (left >= 0) response.end();
    });
    answer.on("error", () => {});
  });
  upstream.on("error", () => {});
  response.on("close", () => upstream.destroy());
  upstream.end(asked.bytes);
}

function breakOff(response: ServerResponse, { kind, bytes }: Cut, sent: Buffer): void {
  // Words in the stream stand between two events.
  const between = bytes > 0 && sent.subarray(-2).toString() === "\n\n";
  if (kind === "hang") return;
  // What was written leaves at the end of this turn.
  if (kind === "fin") return void setImmediate(() => response.socket?.end());
  if (kind === "end") return void response.end();
  if (between && kind === "error")
    return void response.end(`data: ${streamError(ENGINE_DEAD_MESSAGE)}\n\ndata: [DONE]\n\n`);
  if (between && kind === "abort") return void response.end(`data: ${JSON.stringify(ABORTED)}\n\ndata: [DONE]\n\n`);
  response.destroy();
}

const ABORTED = {
  id: "x",
  object: "chat.completion.chunk",
  created: 1,
  model: "tiny",
  choices: [
    { index: 0, delta: {}, text: "", logprobs: null, finish_reason: "abort", stop_reason: null, token_ids: [] },
  ],
};
