// Gateways before the same workers: one that was there, one that starts with snapshots, one that starts without; what each finds in caches.
import { etcdClient, loadSnapshots } from "../../src/cluster/index.ts";
import { document } from "../lib/document.ts";
import { type SimulatedEngine, simulatedEngine } from "../lib/simulated-engine.ts";
import { type ServeProcess, startServe } from "../lib/serve-process.ts";

export interface WarmStart {
  readonly name: string;
  /** Cached ÷ prompt tokens, as the workers tell. */
  readonly cached: number;
  /** Share of requests whose prefix was mostly cached. */
  readonly hits: number;
  /** Mean of a prompt. */
  readonly promptTokens: number;
  /** Undefined for the one that was there. */
  readonly startMs: number | undefined;
}

export interface WarmStartSetting {
  readonly endpoints: readonly string[];
  readonly sessions: number;
  readonly workers: number;
}

const PARALLEL = 8;
/** Of each kind, for the median. */
const STARTS = 5;
const WORDS = 600;
/** A snapshot is written every 10 s. */
const SNAPSHOT_MS = 12_000;

export async function warmStart({ endpoints, sessions, workers }: WarmStartSetting): Promise<WarmStart[]> {
  const engines = await Promise.all(Array.from({ length: workers }, engine));
  const gateways: ServeProcess[] = [];
  const start = async (backend: "etcd" | "memory"): Promise<readonly [ServeProcess, number]> => {
    const began = performance.now();
    const gateway = await startServe(textOf({ engines, endpoints, backend }));
    gateways.push(gateway);
    return [gateway, performance.now() - began];
  };
  const startedAndStopped = async (backend: "etcd" | "memory"): Promise<number> => {
    const [gateway, ms] = await start(backend);
    await gateway.stop();
    return ms;
  };
  const prompts = Array.from({ length: sessions }, (_, i) => promptOf(i));
  try {
    const [first] = await start("etcd");
    await asked(first, prompts);
    await snapshots(endpoints, workers);
    const [warmMs, coldMs]: [number[], number[]] = [[], []];
    for (let i = 0; i < STARTS; i++) {
      warmMs.push(await startedAndStopped("etcd"));
      coldMs.push(await startedAndStopped("memory"));
    }
    const [warm] = await start("etcd");
    const [cold] = await start("memory");
    // The cold one last: what it sends astray is cached there from then on.
    return [
      { name: "was there before", ...(await asked(first, prompts)), startMs: undefined },
      { name: "starts with snapshots", ...(await asked(warm, prompts)), startMs: median(warmMs) },
      { name: "starts cold", ...(await asked(cold, prompts)), startMs: median(coldMs) },
    ];
  } finally {
    await Promise.all(gateways.map((one) => one.stop()));
    await Promise.all(engines.map((one) => one.stop()));
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function engine(): Promise<SimulatedEngine> {
  return simulatedEngine({
    model: "m",
    profile: "llama-3.1-8b-h100-tp1-bf16",
    speed: 20,
    "num-gpu-blocks-override": 100_000,
  });
}

/** Until each worker's has all that was asked. */
async function snapshots(endpoints: readonly string[], workers: number): Promise<void> {
  const client = etcdClient({ endpoints });
  await new Promise((resolve) => void setTimeout(resolve, SNAPSHOT_MS));
  const found = await loadSnapshots(client, "/bench/index/");
  await client.close();
  if (found.length < workers) throw new Error(`${found.length} of ${workers} workers have a snapshot`);
}

async function asked(
  gateway: ServeProcess,
  prompts: readonly string[],
): Promise<Pick<WarmStart, "cached" | "hits" | "promptTokens">> {
  let [total, cached, hits] = [0, 0, 0];
  const left = [...prompts];
  const client = async (): Promise<void> => {
    for (let prompt = left.pop(); prompt !== undefined; prompt = left.pop()) {
      const usage = await ask(gateway, prompt);
      total += usage.prompt;
      cached += usage.cached;
      if (usage.cached * 2 > usage.prompt) hits += 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, client));
  return { cached: cached / total, hits: hits / prompts.length, promptTokens: total / prompts.length };
}

async function ask(
  { data }: ServeProcess,
  content: string,
): Promise<{ readonly prompt: number; readonly cached: number }> {
  const body = { model: "m", max_tokens: 1, temperature: 0, messages: [{ role: "user", content }] };
  const answer = await fetch(`${data}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  const { usage } = (await answer.json()) as {
    usage: { prompt_tokens: number; prompt_tokens_details?: { cached_tokens?: number } | null };
  };
  return { prompt: usage.prompt_tokens, cached: usage.prompt_tokens_details?.cached_tokens ?? 0 };
}

/** Begins differently for each session. */
function promptOf(session: number): string {
  return Array.from({ length: WORDS }, (_, i) => `s${session}w${i % 97}`).join(" ");
}

interface Text {
  readonly engines: readonly SimulatedEngine[];
  readonly endpoints: readonly string[];
  readonly backend: "etcd" | "memory";
}

function textOf({ engines, endpoints, backend }: Text): string {
  return document({
    kind: "LLMDeployment",
    name: "bench",
    spec: {
      model: { name: "m" },
      tokenizer: { source: "builtin" },
      serving: { workers: { endpoints: engines.map(({ url }) => ({ url })) } },
      routing: { algorithm: "kv_aware", kvCacheIndex: { backend } },
      gateway: { cluster: { name: "bench", etcd: { endpoints } } },
    },
  });
}
