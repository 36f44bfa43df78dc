// A pool: workers of one model and one role, and where they come from.
import type { Secret, SecretSource } from "./secret.ts";

export type PoolRole = "both" | "prefill" | "decode";

export interface Pool {
  /** The key under `spec.serving`. */
  readonly name: "workers" | "prefill" | "decode";
  readonly role: PoolRole;
  /** Defaults to the number of endpoints, else 1. */
  readonly replicas: number;
  /** Bounds for autoscaling; both equal `replicas` unless set. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** tensorParallelSize × pipelineParallelSize */
  readonly gpusPerReplica: number;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  /** vLLM's max_num_seqs; undefined = the engine's own default. The same holds for the next four. */
  readonly maxBatchSize: number | undefined;
  readonly maxBatchedTokens: number | undefined;
  readonly maxModelLen: number | undefined;
  readonly gpuMemoryUtilization: number | undefined;
  /** Legacy: vLLM dropped it in September 2025. */
  readonly schedulerDelayFactor: number | undefined;
  /** Step-time profile by which the routing cost judges these workers; undefined = choose by model and GPUs. */
  readonly costProfile: string | undefined;
  readonly workers: PoolWorkers;
}

export type PoolWorkers = GivenWorkers | StartedVllm | StartedSimulated;

/** Servers that somebody else runs. */
export interface GivenWorkers {
  readonly kind: "given";
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  /** As written; `http://host:port` or `https://host:port`, perhaps with a path. */
  readonly url: string;
  /** `http://host:port` */
  readonly origin: string;
  /** `""` or `/prefix` */
  readonly basePath: string;
  readonly role: PoolRole;
  /** Bearer key for the worker. Resolve with `readSecret`. */
  readonly key: SecretSource | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly tls: EndpointTls | undefined;
  /** Undefined = ask the worker (`/kv_event_sources`); `false` = do not subscribe. */
  readonly kvEvents: KvEventsSetting | false | undefined;
}

/** Absolute paths of PEM files. */
export interface EndpointTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName?: string | undefined;
  /** True = the server's certificate is not checked. */
  readonly insecure: boolean;
}

export interface KvEventsSetting {
  /** ZMQ address this machine can connect to, or with `*` for the worker's host. */
  readonly endpoint: string;
  readonly replay: string | undefined;
  readonly topic: string;
}

interface Started {
  /** One per replica, or empty: free ports are chosen at start. */
  readonly ports: readonly number[];
  /** Appended after the arguments that the deployment implies. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, Secret>>;
}

/** `vllm serve` processes started here. */
export interface StartedVllm extends Started {
  readonly kind: "vllm";
  /** Program and its first arguments, `["vllm", "serve"]` by default. */
  readonly command: readonly string[];
}

/** Simulated engines started here. */
export interface StartedSimulated extends Started {
  readonly kind: "simulated";
  /** Step-time profile; undefined = choose by model and GPUs. */
  readonly profile: string | undefined;
  /** Simulated seconds per real second. */
  readonly speed: number;
  /** Model seed: engines with equal seeds answer greedy requests alike. */
  readonly seed: number;
}
