// A gateway before real HTTP upstreams, and raw clients; the fleet is a list.
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, type ServerOptions as SecureOptions } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { realClock, seededRandom } from "../../src/core/index.ts";
import type { ControlPolicy, Limits, WorkerControl } from "../../src/config/index.ts";
import {
  type Fleet,
  type LegOutcome,
  loadLedger,
  type Worker,
  type WorkerFacts,
  type WorkerState,
} from "../../src/fleet/index.ts";
import { type Gateway, type GatewayModel, type GatewayOptions, startGateway } from "../../src/gateway/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import type { Policy } from "../../src/routing/index.ts";
import { createMetrics, type Metrics, silentLog } from "../../src/telemetry/index.ts";
import { closeAfterTest } from "../core/closing.ts";

export const CONTROL_DEFAULTS: Record<WorkerControl, ControlPolicy> = {
  kvTransferParams: "strip",
  ecTransferParams: "strip",
  dataParallelRankHeader: "strip",
  priorityHeader: "strip",
  requestId: "strip",
  sessionId: "strip",
  vllmXargs: "strip",
  priority: "strip",
  cacheSalt: "allow",
};

export const LIMITS: Limits = {
  bodyBytes: 64 << 20,
  connectTimeoutMs: 1000,
  firstByteTimeoutMs: 20_000,
  idleTimeoutMs: 20_000,
  totalTimeoutMs: 60_000,
  retries: 2,
  retryBudgetRatio: 0.2,
  queueLength: 0,
  queueTimeoutMs: 1000,
};

export interface Upstream {
  readonly port: number;
  readonly origin: string;
  readonly requests: Received[];
  readonly server: Server;
  close(): Promise<void>;
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Resolves when the request's connection closed before the answer was complete. */
  readonly aborted: Promise<void>;
}

export type Behaviour = (request: Received, response: ServerResponse) => void;

/** With `secure` it speaks https. */
export async function upstream(behave: Behaviour, secure?: SecureOptions): Promise<Upstream> {
  const requests: Received[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    const aborted = new Promise<void>((resolve) => {
      response.on("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received = {
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        aborted,
      };
      requests.push(received);
      behave(received, response);
    });
  };
  const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closeAfterTest(close);
  return {
    port,
    origin: `${secure === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    server,
    close,
  };
}

export interface TestWorker extends Worker {
  state: WorkerState;
  facts: WorkerFacts;
}

export interface TestFleet extends Fleet {
  readonly list: TestWorker[];
  readonly reports: { worker: string; outcome: LegOutcome }[];
  readonly names: string[];
  setState(id: string, state: WorkerState): void;
}

export function testWorker(id: string, origin: string, more: Partial<Worker> = {}): TestWorker {
  return {
    id,
    deployment: "test",
    model: "tiny",
    role: "both",
    origin,
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    state: "ready",
    facts: {
      version: undefined,
      servedModels: ["tiny"],
      maxModelLen: 2048,
      blockSize: 16,
      kvBlocks: undefined,
      kvEvents: undefined,
    },
    gauges: undefined,
    ledger: loadLedger(),
    cost: { stepMs: () => 10, overheadMs: () => 1, prefillMs: ({ uncached }) => uncached / 10 },
    maxSequences: undefined,
    ...more,
  };
}

export function testFleet(list: TestWorker[], names = [...new Set(list.map((one) => one.model))]): TestFleet {
  const listeners: ((worker: Worker) => void)[] = [];
  const reports: TestFleet["reports"] = [];
  return {
    list,
    reports,
    names,
    workers: () => list,
    models: () => names,
    eligible: (model, role) =>
      list.filter((one) => one.model === model && (role === "any" || one.role === role) && one.state === "ready"),
    mismatches: () => [],
    report: (worker, outcome) => void reports.push({ worker: worker.id, outcome }),
    drain: () => false,
    undrain: () => false,
    onChange: (listener) => void listeners.push(listener),
    close: async () => {},
    setState(id, state) {
      const worker = list.find((one) => one.id === id);
      if (worker === undefined) throw new Error(`no worker ${id}`);
      worker.state = state;
      for (const listener of listeners) listener(worker);
    },
  };
}

/** In turn; counts on its own, so that a test knows where a request goes. */
export function inTurn(): Policy {
  let turn = 0;
  return {
    name: "in_turn",
    choose(_request, candidates) {
      const chosen = candidates[turn++ % candidates.length];
      if (chosen === undefined) throw new Error("no candidates");
      const scores = candidates.map((one) => ({ worker: one.id, cost: 0, cachedTokens: 0, ttftMs: 25 }));
      return { chosen, policy: "in_turn", reason: "next in turn", scores };
    },
  };
}

export interface TestGateway extends Gateway {
  readonly metrics: Metrics;
  readonly fleet: TestFleet;
  readonly url: string;
}

export interface GatewaySetup {
  readonly fleet: TestFleet;
  readonly limits?: Partial<Limits>;
  readonly model?: Partial<GatewayModel>;
  readonly options?: Partial<GatewayOptions>;
}

export async function testGateway({ fleet, limits, model, options }: GatewaySetup): Promise<TestGateway> {
  const metrics = createMetrics();
  const models = new Map<string, GatewayModel>();
  const policy = inTurn();
  for (const name of fleet.names) {
    const served = fleet.list.some((one) => one.model === name) ? name : (fleet.list[0]?.model ?? name);
    models.set(name, {
      name: served,
      policy,
      loadPolicy: policy,
      prompt: undefined,
      limits: { ...LIMITS, ...limits },
      controls: CONTROL_DEFAULTS,
      ...model,
    });
  }
  // Aliases stand for one and the same model.
  for (const name of fleet.names) {
    const served = models.get(models.get(name)?.name ?? "");
    if (served) models.set(name, served);
  }
  const gateway = await startGateway({
    listen: { host: "127.0.0.1", port: 0 },
    fleet,
    model: (name) => models.get(name),
    index: memoryIndex({ ttlSeconds: 300, maxBytes: 1 << 20, seedOf: () => ({ model: "tiny" }) }),
    bodyBytes: limits?.bodyBytes ?? LIMITS.bodyBytes,
    receipts: { header: false, retentionSeconds: 86_400, maxEntries: 100 },
    clock: realClock,
    random: seededRandom(1),
    metrics,
    log: silentLog,
    drainTimeoutMs: 100,
    ...options,
  });
  closeAfterTest(() => gateway.close());
  const url = `http://127.0.0.1:${gateway.port}`;
  return Object.defineProperties(
    { metrics, fleet, url } as unknown as TestGateway,
    Object.getOwnPropertyDescriptors(gateway),
  );
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly complete: boolean;
}

export interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

const JSON_TYPE = { "content-type": "application/json" };

export function call(gateway: { readonly port: number }, { path, method, headers, body }: Call = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port: gateway.port,
        path: path ?? "/v1/chat/completions",
        method: method ?? "POST",
        headers: { ...(body === undefined ? {} : JSON_TYPE), ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        const end = () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            complete: response.complete,
          });
        response.on("end", end);
        response.on("error", end);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

export function chat(more: Record<string, unknown> = {}): string {
  return JSON.stringify({ model: "tiny", messages: [{ role: "user", content: "Hello" }], ...more });
}

/** Writes bytes as they are and collects what comes until the connection closes or `until` matches. */
export function raw(port: number, bytes: string | Buffer, until?: RegExp, quietMs = 3000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1" });
    let text = "";
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(quietMs, finish);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (until?.test(text)) finish();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(text) : reject(error)));
    socket.write(bytes);
  });
}

export function within<T>(promise: Promise<T>, what: string, ms = 2000): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms).unref();
    }),
  ]);
}

/** Polls: for facts that have no event. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, ms = 2000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const chunk = (delta: object, more: object = {}, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "tiny", choices: [{ index: 0, delta, logprobs: null, finish_reason: finish, ...more }] })}\n\n`;

export const USAGE_EVENT = `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "tiny", choices: [], usage: { prompt_tokens: 10, total_tokens: 13, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } } })}\n\n`;

/** A short stream as vLLM writes it, with usage when it was asked for. */
export function streamed(request: Received, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.write(chunk({ role: "assistant", content: "" }));
  response.write(chunk({ content: "Hel" }));
  response.write(chunk({ content: "lo" }, { stop_reason: null }, "stop"));
  if (request.body.includes('"include_usage":true')) response.write(USAGE_EVENT);
  response.end("data: [DONE]\n\n");
}

export function unary(_request: Received, response: ServerResponse): void {
  const body = JSON.stringify({
    id: "chatcmpl-1",
    choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, total_tokens: 12, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 0 } },
  });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}
