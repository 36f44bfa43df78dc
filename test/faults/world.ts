// The gateway before simulated workers, each behind its proxy: everything in processes of its own.
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { byteProxy } from "./byte-proxy.ts";
import { engineProcess, MODEL, PROFILE, ROLE_FLAGS } from "./engine-process.ts";
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

export interface WorldSetting {
  readonly workers: number;
  /** How many of them, the last ones, compute prompts for the others; default: all serve whole requests. */
  readonly prefill?: number | undefined;
  /** File for the gateway's log; default: a disk that is full. */
  readonly log?: string | undefined;
}

export async function startWorld({ workers: count, prefill = 0, log }: WorldSetting): Promise<World> {
  const roleOf = (nth: number): Role => (nth < count - prefill ? "decode" : "prefill");
  const flagsOf = (nth: number): readonly string[] => (prefill === 0 ? [] : ROLE_FLAGS[roleOf(nth)]);
  const engines = await Promise.all(Array.from({ length: count }, (_, i) => engineProcess(flagsOf(i))));
  await Promise.all(engines.map((one) => one.start()));
  const proxies = await Promise.all(engines.map(({ port }) => byteProxy(port)));
  const endpoints = proxies.map(({ port }, i) => ({ url: `http://127.0.0.1:${port}`, role: roleOf(i) }));
  const serving = prefill === 0 ? colocated(endpoints) : disaggregated(endpoints);
  const stopWorkers = async (): Promise<void> => {
    for (const one of proxies) await one.close();
    for (const one of engines) one.signal("SIGCONT");
    await Promise.all(engines.map((one) => one.kill("SIGKILL")));
  };
  const gateway = await startGatewayProcess({ deployment: deploymentOf(serving), log }).catch(
    async (thrown: unknown) => {
      // Engines that are left would keep the test from ending.
      await stopWorkers();
      throw thrown;
    },
  );

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
    await stopWorkers();
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

type Role = "prefill" | "decode";

interface Endpoint {
  readonly url: string;
  readonly role: Role;
}

function poolOf(endpoints: readonly Endpoint[]): object {
  return { costProfile: PROFILE, endpoints: endpoints.map(({ url }) => ({ url })) };
}

function colocated(endpoints: readonly Endpoint[]): object {
  return { strategy: "colocated", workers: poolOf(endpoints) };
}

function disaggregated(endpoints: readonly Endpoint[]): object {
  const pool = (role: Role): object => poolOf(endpoints.filter((one) => one.role === role));
  const disaggregation = { rule: "always", fallback: "colocated" };
  return { strategy: "disaggregated", prefill: pool("prefill"), decode: pool("decode"), disaggregation };
}

function deploymentOf(serving: object): string {
  return stringify({
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "LLMDeployment",
    metadata: { name: "faults" },
    spec: {
      model: { name: MODEL },
      tokenizer: { source: "builtin" },
      serving,
      routing: { algorithm: "kv_aware" },
      gateway: { limits: LIMITS },
    },
  });
}
