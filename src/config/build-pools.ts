// The pools of a faultless document: defaults that depend on other fields filled in, paths absolute, secrets wrapped.
import type { Endpoint, EndpointTls, Pool, PoolRole, PoolWorkers } from "./pool.ts";
import type { PoolName } from "./pool-rules.ts";
import type { DeploymentDocument } from "./schema.ts";
import { secret, type SecretSource } from "./secret.ts";

type Spec = DeploymentDocument["spec"];
type PoolDocument = NonNullable<Spec["serving"]["workers"]>;
type EndpointDocument = NonNullable<PoolDocument["endpoints"]>[number];
type InFolder = (path: string) => string;

export function buildPools({ spec }: DeploymentDocument, inFolder: InFolder): Pool[] {
  const { serving, autoscaling } = spec;
  if (serving.strategy === "colocated") return serving.workers ? [pool("workers", serving.workers, inFolder)] : [];
  const { minPrefillReplicas, maxPrefillReplicas, minDecodeReplicas, maxDecodeReplicas } = autoscaling;
  const prefill: PoolDocument | undefined = serving.prefill && {
    ...serving.prefill,
    minReplicas: minPrefillReplicas,
    maxReplicas: maxPrefillReplicas,
  };
  const decode: PoolDocument | undefined = serving.decode && {
    ...serving.decode,
    minReplicas: minDecodeReplicas,
    maxReplicas: maxDecodeReplicas,
  };
  return [
    ...(prefill ? [pool("prefill", prefill, inFolder)] : []),
    ...(decode ? [pool("decode", decode, inFolder)] : []),
  ];
}

function pool(name: PoolName, document: PoolDocument, inFolder: InFolder): Pool {
  const { tensorParallelSize, pipelineParallelSize, endpoints } = document;
  const role: PoolRole = name === "workers" ? "both" : name;
  // With given endpoints there are as many workers as endpoints, whatever else is written.
  const replicas = endpoints?.length ?? document.replicas ?? 1;
  return {
    name,
    role,
    replicas,
    minReplicas: document.minReplicas ?? replicas,
    maxReplicas: document.maxReplicas ?? replicas,
    gpusPerReplica: tensorParallelSize * pipelineParallelSize,
    tensorParallelSize,
    pipelineParallelSize,
    maxBatchSize: document.maxBatchSize,
    maxBatchedTokens: document.maxBatchedTokens,
    maxModelLen: document.maxModelLen,
    gpuMemoryUtilization: document.gpuMemoryUtilization,
    schedulerDelayFactor: document.schedulerDelayFactor,
    costProfile: document.costProfile ?? document.profile,
    workers: poolWorkers(document, { role, replicas, inFolder }),
  };
}

interface PoolContext {
  readonly role: PoolRole;
  readonly replicas: number;
  readonly inFolder: InFolder;
}

function poolWorkers(document: PoolDocument, context: PoolContext): PoolWorkers {
  if (document.endpoints) {
    return { kind: "given", endpoints: document.endpoints.map((one) => endpoint(one, context)) };
  }
  const { args, basePort } = document;
  const counted = basePort === undefined ? [] : Array.from({ length: context.replicas }, (_, i) => basePort + i);
  const env = Object.fromEntries(Object.entries(document.env).map(([name, value]) => [name, secret(value)]));
  const started = { args, env, ports: document.ports ?? counted };
  if (document.engine === "vllm") return { kind: "vllm", command: document.command ?? ["vllm", "serve"], ...started };
  return {
    kind: "simulated",
    profile: document.profile,
    speed: document.speed ?? 1,
    seed: document.seed ?? 0,
    ...started,
  };
}

function endpoint(document: EndpointDocument, { role, inFolder }: PoolContext): Endpoint {
  const url = new URL(document.url);
  const { kvEvents, tls } = document;
  return {
    url: document.url,
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ""),
    role: document.role ?? role,
    key: keySource(document, inFolder),
    labels: document.labels,
    tls: tls && tlsOf(tls, inFolder),
    kvEvents: kvEvents && { ...kvEvents, replay: kvEvents.replay },
  };
}

function keySource({ key, keyFrom }: EndpointDocument, inFolder: InFolder): SecretSource | undefined {
  if (key !== undefined) return { from: "value", value: secret(key) };
  if (keyFrom?.env !== undefined) return { from: "env", name: keyFrom.env };
  return keyFrom?.file === undefined ? undefined : { from: "file", path: inFolder(keyFrom.file) };
}

function tlsOf(tls: NonNullable<EndpointDocument["tls"]>, inFolder: InFolder): EndpointTls {
  const path = (one: string | undefined) => (one === undefined ? undefined : inFolder(one));
  const { serverName, insecure } = tls;
  return { ca: path(tls.ca), cert: path(tls.cert), key: path(tls.key), serverName, insecure };
}
