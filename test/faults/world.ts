// The gateway before simulated workers, each behind its proxy: everything in processes of its own.
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { byteProxy } from "./byte-proxy.ts";
import { engineProcess, MODEL, PROFILE } from "./engine-process.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import type { TestedWorker } from "./strike.ts";

export interface World {
  readonly gateway: GatewayProcess;
  readonly workers: readonly TestedWorker[];
  /** Resolves when all workers are ready; after the limit, to those that are not. */
  notReady(limitMs: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Shown {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly breaker: string;
  readonly load: object;
}

/** Short, so that every limit strikes within a run. */
const LIMITS = {
  connectTimeoutMs: 1000,
  firstByteTimeoutMs: 6000,
  lateFirstByteMs: 1500,
  idleTimeoutMs: 3000,
  totalTimeoutMs: 30_000,
  queueTimeoutMs: 5000,
};

export async function startWorld(count: number, log?: string): Promise<World> {
  const engines = await Promise.all(Array.from({ length: count }, () => engineProcess()));
  await Promise.all(engines.map((one) => one.start()));
  const proxies = await Promise.all(engines.map(({ port }) => byteProxy(port)));
  const gateway = await startGatewayProcess({ deployment: deploymentOf(proxies.map(({ port }) => port)), log });

  async function states(): Promise<Shown[]> {
    return (await gateway.admin("GET", "/admin/v1/workers"))["workers"] as never;
  }

  async function notReady(limitMs: number): Promise<readonly string[]> {
    const end = performance.now() + limitMs;
    for (;;) {
      const late = (await states()).filter(({ state }) => state !== "ready");
      if (late.length === 0 || performance.now() > end)
        return late.map(({ id, state, breaker, load }) => `${id} is ${state}, ${breaker}, ${JSON.stringify(load)}`);
      await pause(50);
    }
  }

  const close = async (): Promise<void> => {
    await gateway.stop();
    for (const one of proxies) await one.close();
    for (const one of engines) one.signal("SIGCONT");
    await Promise.all(engines.map((one) => one.kill("SIGKILL")));
  };

  if ((await notReady(20_000)).length > 0) {
    await close();
    throw new Error("the workers are not ready after 20 s");
  }
  const known = await states();
  const workers = engines.map((engine, i) => {
    const proxy = proxies[i];
    const id = known.find(({ url }) => url.endsWith(`:${proxy?.port}`))?.id;
    if (proxy === undefined || id === undefined) throw new Error(`no worker ${i}`);
    return { id, engine, proxy };
  });
  return { gateway, workers, notReady, close };
}

function deploymentOf(ports: readonly number[]): string {
  return stringify({
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "LLMDeployment",
    metadata: { name: "faults" },
    spec: {
      model: { name: MODEL },
      tokenizer: { source: "builtin" },
      serving: {
        strategy: "colocated",
        workers: { costProfile: PROFILE, endpoints: ports.map((port) => ({ url: `http://127.0.0.1:${port}` })) },
      },
      routing: { algorithm: "kv_aware" },
      gateway: { limits: LIMITS },
    },
  });
}
