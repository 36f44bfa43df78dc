// A minimal engine server for these tests: one token a step, stepped by hand, behind the real operational side.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { realClock } from "../../../src/core/index.ts";
import type { EngineHandle, EngineOps, EngineStep } from "../../../src/engine/ops/engine-ops.ts";
import { type EngineOpsOptions, startEngineOps } from "../../../src/engine/ops/start-engine-ops.ts";
import type { KvEvent } from "../../../src/vllm/index.ts";

export interface StandIn {
  readonly ops: EngineOps;
  readonly port: number;
  readonly exits: number[];
  /** Sends one event on every open stream. */
  token(): void;
  /** Ends every open stream as it should end. */
  finish(): void;
  /** Runs a step with these KV events. */
  step(events: readonly KvEvent[]): void;
  readonly paused: boolean;
  /** Resolves when the API has seen its n-th request. */
  reached(n: number): Promise<void>;
  close(): Promise<void>;
}

export async function standIn(options: Partial<EngineOpsOptions> = {}): Promise<StandIn> {
  const listeners: ((step: EngineStep) => void)[] = [];
  const streams = new Set<ServerResponse>();
  const exits: number[] = [];
  const waiting: { readonly n: number; run(): void }[] = [];
  let requests = 0;
  let paused = false;
  const engine: EngineHandle = {
    onStep: (listener) => void listeners.push(listener),
    stats: () => ({
      running: streams.size,
      waiting: 0,
      kvUsage: 0.5,
      kvBlocks: 100,
      preemptions: 1,
      prefixQueries: 970,
      prefixHits: 256,
    }),
    pause: () => void (paused = true),
    resume: () => void (paused = false),
  };
  const ops = await startEngineOps({
    clock: realClock,
    engine,
    model: "tiny",
    cache: { blockSize: 32, gpuBlocks: 100, maxModelLen: 2048, prefixCaching: true, gpuMemoryUtilization: 0.92 },
    speed: 1,
    exit: (code) => void exits.push(code),
    ...options,
  });
  const server = createServer((request, response) => ops.handle(request, response, () => api(request, response)));
  ops.attach(server);
  await listen(server);
  const { port } = server.address() as AddressInfo;

  function api(request: IncomingMessage, response: ServerResponse): void {
    requests++;
    for (const one of waiting) if (one.n === requests) one.run();
    if (request.method === "GET") return void response.end("ok");
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () =>
      body.includes("stream") ? startStream(response) : response.end(`{"object":"chat.completion"}`),
    );
  }

  function startStream(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    streams.add(response);
    response.on("close", () => streams.delete(response));
  }

  return {
    ops,
    port,
    exits,
    token() {
      if (!paused) for (const stream of streams) stream.write(`data: {"token":"t"}\n\n`);
    },
    finish: () => streams.forEach((stream) => stream.end("data: [DONE]\n\n")),
    step(events) {
      const plan = { durationMs: 1, tokens: 1 };
      for (const listener of listeners) listener({ plan, outputs: [], events, endedAt: realClock.now() });
    },
    get paused() {
      return paused;
    },
    reached: (n) => (requests >= n ? Promise.resolve() : new Promise((run) => waiting.push({ n, run }))),
    async close() {
      await ops.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function listen(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}
