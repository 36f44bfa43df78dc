// A deployment served in this process before fake workers: what the tests of single fields share.
import assert from "node:assert/strict";
import type { ServerOptions as SecureOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { serve } from "../../src/app/index.ts";
import { type Deployment, readDeploymentText, renderDiagnostic, type TenantsConfig } from "../../src/config/index.ts";
import { type Clock, realClock } from "../../src/core/index.ts";
import { createLog } from "../../src/telemetry/index.ts";
import { deploymentText, type Json, type JsonObject } from "../config/deployment-text.ts";
import { closeAfterTest } from "../core/closing.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { workerAnswer } from "../fleet/fake-worker.ts";
import { type Answer, type Behaviour, call, chat, type Received, upstream } from "../gateway/harness.ts";

export interface FakeVllm {
  readonly port: number;
  /** Its address as one model's worker: the path says which model it serves, and tells several workers apart. */
  url(model: string, nth?: number): string;
  /** Inference requests so far, of one model. */
  asked(model: string): Received[];
  readonly requests: readonly Received[];
  /** TLS connections that did not come about. */
  refused(): number;
  /** Of each TLS connection the name that the client asked for. */
  onHandshake(listener: (serverName: string | false) => void): void;
}

/** Answers control paths as vLLM does; `behave` answers the rest. */
export async function fakeVllm(behave: Behaviour, secure?: SecureOptions): Promise<FakeVllm> {
  const isInference = ({ path }: Received) => path.endsWith("/completions");
  const up = await upstream((request, response) => {
    if (isInference(request)) return behave(request, response);
    const [, model = "", , ...rest] = request.path.split("/");
    const says = { model, maxModelLen: 4096, health: 200, running: 0 };
    const { status, body } = workerAnswer(`/${rest.join("/")}`, says);
    response.writeHead(status).end(body);
  }, secure);
  let refused = 0;
  up.server.on("tlsClientError", () => void refused++);
  return {
    port: up.port,
    url: (model, nth = 0) => `${up.origin}/${model}/${nth}`,
    asked: (model) => up.requests.filter((one) => isInference(one) && one.path.startsWith(`/${model}/`)),
    requests: up.requests,
    refused: () => refused,
    onHandshake: (listener) =>
      void up.server.on("secureConnection", (socket: TLSSocket) => listener(socket.servername ?? false)),
  };
}

export interface Served {
  readonly port: number;
  readonly dataUrl: string;
  readonly admin: string;
  readonly adminTokenFile: string;
  /** Undefined when Prometheus is off. */
  readonly metrics: string | undefined;
  readonly log: readonly string[];
  ask(model: string, body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface ServedOptions {
  readonly clock?: Clock;
  /** Does not wait until each model has a ready worker. */
  readonly early?: boolean;
  readonly tenants?: TenantsConfig;
}

const READY_LIMIT_MS = 5000;

/** `documents`: by the name of deployment and model, what its file says beside the least. */
export async function served(documents: Readonly<Record<string, Json>>, options: ServedOptions = {}): Promise<Served> {
  const lines: string[] = [];
  const running = await serve({
    deployments: deployments(documents, temporaryFolder()),
    log: createLog({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
    clock: options.clock ?? realClock,
    tenants: () => options.tenants,
  });
  closeAfterTest(() => running.stop());
  if (options.early !== true) {
    const late = await running.ready(READY_LIMIT_MS);
    if (late.length > 0) throw new Error(`not ready: ${late.join(", ")}`);
  }
  const port = Number(new URL(running.urls.data).port);
  return {
    port,
    dataUrl: running.urls.data,
    admin: running.urls.admin,
    metrics: running.urls.metrics,
    adminTokenFile: running.adminTokenFile,
    log: lines,
    ask: (model, body = {}, headers = {}) => call({ port }, { body: chat({ model, ...body }), headers }),
    stop: () => running.stop(),
  };
}

function deployments(documents: Readonly<Record<string, Json>>, stateDirectory: string): readonly Deployment[] {
  const anyPort = { host: "127.0.0.1", port: 0 };
  const gateway = { listener: anyPort, admin: anyPort, stateDirectory };
  const processWide = { spec: { gateway, monitoring: { prometheus: anyPort } } };
  const texts = Object.entries(documents).map(([name, change], i) => {
    const spec = { model: { name }, tokenizer: { source: "none" }, routing: { algorithm: "round_robin" } };
    return deploymentText({ metadata: { name }, spec }, i === 0 ? processWide : {}, change);
  });
  const { deployments: read, diagnostics } = readDeploymentText({ file: "fields.yaml", text: texts.join("---\n") });
  assert.ok(read.length > 0, diagnostics.map(renderDiagnostic).join("\n"));
  return read;
}

/** For each name a document with `count` endpoints that are all this worker, and what else it says under `spec`. */
export function behind(worker: FakeVllm, specs: Readonly<Record<string, JsonObject>>, count = 1): Record<string, Json> {
  const endpoints = (name: string) => Array.from({ length: count }, (_, i) => ({ url: worker.url(name, i) }));
  const documents = Object.entries(specs).map(([name, spec]) => {
    return [name, { spec: { serving: { workers: { endpoints: endpoints(name) } }, ...spec } }] as const;
  });
  return Object.fromEntries(documents);
}
