// Clients that stream all the time and check each answer to its last byte: what restarts and reloads are judged by.
import { Agent, request } from "node:http";
import type { ServerResponse } from "node:http";
import { afterEach } from "node:test";
import type { Received } from "../gateway/harness.ts";

export const CHUNKS = 8;
const CHUNK_EVERY_MS = 25;

/** A worker's answer: CHUNKS events, one after another, then the end mark. */
export function streaming(_request: Received, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  const next = (): void => {
    if (sent === CHUNKS) return void response.end("data: [DONE]\n\n");
    response.write(`data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"w${sent++}"}}]}\n\n`);
    setTimeout(next, CHUNK_EVERY_MS);
  };
  next();
}

export interface SteadyLoad {
  /** Whole answers so far. */
  readonly whole: number;
  /** What went wrong, a line each. */
  readonly failures: readonly string[];
  /** Running now. */
  readonly running: number;
  /** No new requests; resolves when all have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly url: () => string;
  readonly clients: number;
  readonly model?: string;
}

/** Half of the clients keep their connections, the others open one a request. */
export function steadyLoad({ url, clients, model = "m" }: LoadOptions): SteadyLoad {
  const kept = new Agent({ keepAlive: true });
  const fresh = new Agent({ keepAlive: false });
  const failures: string[] = [];
  let [whole, running, stopping] = [0, 0, false];

  async function client(agent: Agent): Promise<void> {
    while (!stopping) {
      running += 1;
      const fault = await ask(`${url()}/v1/chat/completions`, agent, model);
      running -= 1;
      if (fault === undefined) whole += 1;
      else failures.push(fault);
    }
  }

  afterEach(() => void (stopping = true));
  const all = Array.from({ length: clients }, (_, i) => client(i % 2 === 0 ? kept : fresh));
  return {
    get whole() {
      return whole;
    },
    failures,
    get running() {
      return running;
    },
    async stop() {
      stopping = true;
      await Promise.all(all);
      kept.destroy();
      fresh.destroy();
    },
  };
}

function ask(url: string, agent: Agent, model: string): Promise<string | undefined> {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "hi" }] });
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      response.on("error", (error) => resolve(`stream: ${error.message}`));
      response.on("close", () => resolve(faultOf(response.statusCode ?? 0, text)));
    });
    sent.on("error", (error) => resolve(`request: ${error.message}`));
    sent.end(body);
  });
}

function faultOf(status: number, text: string): string | undefined {
  const events = text.match(/"content":"w\d+"/g)?.length ?? 0;
  if (status === 200 && events === CHUNKS && text.endsWith("data: [DONE]\n\n")) return undefined;
  return `${status}, ${events} events, ends with ${JSON.stringify(text.slice(-80))}`;
}
