// A gateway before prefill and decode workers: simulated engines, each behind a door that tests can open and shut.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { EngineOptions, EngineServer } from "../../../src/engine/index.ts";
import { parseKvTransferConfig, startEngineServer } from "../../../src/engine/index.ts";
import type { Role, Worker } from "../../../src/fleet/index.ts";
import type { DisaggregationSettings } from "../../../src/gateway/index.ts";
import { pairRuleOf } from "../../../src/routing/index.ts";
import { closeAfterFile } from "../../core/closing.ts";
import { testFleet, type TestGateway, testGateway, testWorker } from "../harness.ts";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a door does instead of passing a request on; undefined = it passes. */
export type Door = (asked: Asked, response: ServerResponse) => "passed" | "taken";

export interface PdWorker {
  readonly id: string;
  readonly engine: EngineServer;
  readonly asked: Asked[];
  readonly worker: Worker;
  door: Door;
  /** Nobody listens any more; the engine behind lives on. */
  shut(): Promise<void>;
}

const PASS: Door = () => "passed";

export interface PdWorkerOptions {
  readonly engine?: Partial<EngineOptions>;
  readonly transfer?: Readonly<Record<string, unknown>>;
  readonly more?: Partial<Worker>;
}

export async function pdWorker(
  id: string,
  role: Role,
  { engine: options, transfer, more }: PdWorkerOptions = {},
): Promise<PdWorker> {
  const config = { kv_connector: "NixlConnector", kv_role: "kv_both", ...transfer };
  const engine = await startEngineServer({
    port: 0,
    servedModelNames: ["tiny"],
    speed: 1000,
    seed: 7,
    kvTransfer: parseKvTransferConfig(JSON.stringify(config)),
    ...options,
  });
  const asked: Asked[] = [];
  const door = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const one = {
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: JSON.parse(body.toString()) as Asked["body"],
      };
      asked.push(one);
      if (made.door(one, response) === "passed") pass(engine, one, { body, response });
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      door.close(() => resolve());
      door.closeAllConnections();
    });
  closeAfterFile(() => engine.close());
  closeAfterFile(shut);
  const origin = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const made: PdWorker = { id, engine, asked, door: PASS, shut, worker: testWorker(id, origin, { role, ...more }) };
  return made;
}

function pass(
  engine: EngineServer,
  asked: Asked,
  { body, response }: { body: Buffer; response: ServerResponse },
): void {
  const onward = httpRequest(
    {
      host: "127.0.0.1",
      port: engine.port,
      path: asked.path,
      method: "POST",
      headers: { ...asked.headers, "content-length": body.length },
      agent: false,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  onward.end(body);
}

/** Answers with these words. */
export function says(status: number, body: object): Door {
  return (_asked, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    return "taken";
  };
}

export const resets: Door = (_asked, response) => {
  response.destroy();
  return "taken";
};

/** The first request fares so, later ones pass. */
export function once(door: Door): Door {
  let isOpen = false;
  return (asked, response) => {
    if (isOpen) return "passed";
    isOpen = true;
    return door(asked, response);
  };
}

export const SETTINGS: DisaggregationSettings = {
  connector: "nixl",
  rule: pairRuleOf("always"),
  ruleName: "always",
  fallback: "colocated",
  transferMs: () => 1,
  leaseMs: 30_000,
  prefillTimeoutMs: 20_000,
  bootstrapPort: 0,
};

export interface PdGateway {
  readonly gateway: TestGateway;
  readonly prefill: readonly PdWorker[];
  readonly decode: readonly PdWorker[];
}

export interface PdSetup {
  readonly prefill?: number;
  readonly decode?: number;
  readonly settings?: Partial<DisaggregationSettings>;
  readonly worker?: PdWorkerOptions;
  readonly limits?: Parameters<typeof testGateway>[0]["limits"];
  readonly options?: Parameters<typeof testGateway>[0]["options"];
}

export async function pdGateway({
  prefill = 1,
  decode = 1,
  settings,
  worker,
  limits,
  options,
}: PdSetup = {}): Promise<PdGateway> {
  const make = (role: Role, count: number): Promise<PdWorker>[] =>
    Array.from({ length: count }, (_, i) => pdWorker(`${role}-${i}`, role, worker));
  const pools = {
    prefill: await Promise.all(make("prefill", prefill)),
    decode: await Promise.all(make("decode", decode)),
  };
  const all = [...pools.prefill, ...pools.decode];
  const gateway = await testGateway({
    fleet: testFleet(
      all.map((one) => one.worker),
      ["tiny"],
    ),
    model: { disaggregation: { ...SETTINGS, ...settings } },
    ...(limits && { limits }),
    ...(options && { options }),
  });
  return { gateway, ...pools };
}

/** What one engine alone says. */
export async function aloneSays(body: string, path = "/v1/chat/completions"): Promise<string> {
  const engine = await startEngineServer({ port: 0, servedModelNames: ["tiny"], speed: 1000, seed: 7 });
  closeAfterFile(() => engine.close());
  const answer = await fetch(`${engine.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return answer.text();
}

/** Ids and times differ between any two answers. */
export function plain(text: string): string {
  return text.replaceAll(/"id":"[^"]*"/g, '"id":""').replaceAll(/"created":\d+/g, '"created":0');
}
