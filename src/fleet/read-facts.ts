// Asks a worker what it is: version, models, context length, KV geometry and where its KV events come from.
import { connectableAddress, parseKvEventSources, readWorkerMetrics } from "../vllm/index.ts";
import type { KvEventSource, WorkerFacts } from "./worker.ts";
import type { WorkerAnswer, WorkerClient } from "./worker-client.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export const UNKNOWN_FACTS: WorkerFacts = {
  version: undefined,
  servedModels: [],
  maxModelLen: undefined,
  blockSize: undefined,
  kvBlocks: undefined,
  kvEvents: undefined,
};

const LIMIT_MS = 3000;

export async function readFacts(client: WorkerClient, spec: WorkerSpec): Promise<WorkerFacts> {
  const [version, models, sources, metrics] = await Promise.all([
    json(client, "/version"),
    json(client, "/v1/models"),
    client.get("/kv_event_sources", LIMIT_MS),
    client.get("/metrics", LIMIT_MS),
  ]);
  const cache = metrics?.status === 200 ? readWorkerMetrics(metrics.text).cacheConfig : undefined;
  return {
    version: stringAt(version, "version"),
    ...modelFacts(models, spec.model),
    blockSize: cache?.blockSize,
    kvBlocks: cache?.numGpuBlocks,
    kvEvents: spec.kvEvents === false ? undefined : (spec.kvEvents ?? discovered(sources, spec)),
  };
}

/** The first data-parallel rank's; an unusable answer is no source. */
function discovered(sources: WorkerAnswer | undefined, { origin }: WorkerSpec): KvEventSource | undefined {
  if (sources?.status !== 200) return undefined;
  const host = new URL(origin).hostname;
  try {
    const [first] = parseKvEventSources(sources.text);
    if (first === undefined) return undefined;
    const replayEndpoint = first.replayEndpoint && connectableAddress(first.replayEndpoint, host);
    return { endpoint: connectableAddress(first.endpoint, host), replayEndpoint, topic: first.topic };
  } catch {
    return undefined;
  }
}

/** The facts with what may change while a worker runs; as before when it does not tell. */
export async function readModels(
  client: WorkerClient,
  { model }: WorkerSpec,
  before: WorkerFacts,
): Promise<WorkerFacts> {
  const models = await json(client, "/v1/models");
  if (models === undefined) return before;
  const { adapters: _before, ...facts } = before;
  return { ...facts, ...modelFacts(models, model) };
}

type ModelFacts = Pick<WorkerFacts, "servedModels" | "maxModelLen" | "adapters">;

function modelFacts(models: unknown, wanted: string): ModelFacts {
  const cards = arrayAt(models, "data");
  const names = cards.map((card) => stringAt(card, "id")).filter((id) => id !== undefined);
  const card = cards.find((one) => stringAt(one, "id") === wanted) ?? cards[0];
  const length = field(card, "max_model_len");
  const adapters = cards.filter((one) => stringAt(one, "parent") !== undefined).map((one) => stringAt(one, "id"));
  return {
    servedModels: names,
    maxModelLen: typeof length === "number" ? length : undefined,
    ...(adapters.length > 0 && { adapters: adapters.filter((id) => id !== undefined) }),
  };
}

async function json(client: WorkerClient, path: string): Promise<unknown> {
  const answer = await client.get(path, LIMIT_MS);
  if (answer?.status !== 200) return undefined;
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function stringAt(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" ? found : undefined;
}

function arrayAt(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
