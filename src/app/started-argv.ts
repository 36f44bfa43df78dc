// The command line of a worker that is started here.
import { join } from "node:path";
import type { Deployment, Pool, StartedSimulated, StartedVllm } from "../config/index.ts";
import { modelFolder } from "./launch/model-folder.ts";
import { serveArgv, type ServeSettings } from "../vllm/index.ts";

export interface StartedPorts {
  readonly http: number;
  /** ZMQ addresses. Events hold the token ids of prompts: they stay in a folder of this user. */
  readonly events: string;
  readonly replay: string;
  /** Where engines ask each other for KV; undefined in a pool without a role. */
  readonly sideChannel?: number | undefined;
}

export interface StartedPool {
  readonly deployment: Deployment;
  readonly pool: Pool;
  /** Step-time profile of a simulated engine. */
  readonly profile: string;
}

/** Program first. Throws for a pool whose workers are given. */
export function startedArgv({ deployment, pool, profile }: StartedPool, ports: StartedPorts): string[] {
  const { workers } = pool;
  if (workers.kind === "vllm") return vllmArgv({ deployment, pool, workers }, ports);
  if (workers.kind === "simulated") return simulatedArgv({ deployment, pool, profile, workers }, ports);
  throw new RangeError("given workers are not started here");
}

interface VllmPool {
  readonly deployment: Deployment;
  readonly pool: Pool;
  readonly workers: StartedVllm;
}

function vllmArgv({ deployment, pool, workers }: VllmPool, ports: StartedPorts): string[] {
  const { model } = deployment;
  const settings: ServeSettings = {
    model: modelFolder(deployment) ?? model.name,
    servedModelName: model.servedNames,
    tokenizer: model.tokenizer,
    trustRemoteCode: model.trustRemoteCode || undefined,
    dtype: model.dtype,
    quantization: model.quantization,
    tensorParallelSize: pool.tensorParallelSize,
    pipelineParallelSize: pool.pipelineParallelSize,
    gpuMemoryUtilization: pool.gpuMemoryUtilization,
    maxModelLen: pool.maxModelLen,
    maxNumSeqs: pool.maxBatchSize,
    maxNumBatchedTokens: pool.maxBatchedTokens,
    kvEvents: { endpoint: ports.events, replayEndpoint: ports.replay },
    enablePromptTokensDetails: true,
    // vLLM's own default cuts running requests off.
    shutdownTimeoutSeconds: deployment.launcher.shutdownTimeoutSeconds,
    host: "127.0.0.1",
    port: ports.http,
    extraArguments: [
      ...loraArguments(model),
      ...(deployment.launcher.sleep ? ["--enable-sleep-mode"] : []),
      ...transferArguments(deployment, pool, workers.args),
      ...workers.args,
    ],
  };
  // `serveArgv` starts with `serve`; so does the usual end of the command.
  const [, ...rest] = serveArgv(settings);
  return [...workers.command, ...rest];
}

interface SimulatedPool {
  readonly deployment: Deployment;
  readonly pool: Pool;
  readonly profile: string;
  readonly workers: StartedSimulated;
}

function simulatedArgv({ deployment, pool, profile, workers }: SimulatedPool, ports: StartedPorts): string[] {
  const { model } = deployment;
  const config = {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: ports.events,
    replay_endpoint: ports.replay,
    topic: "kv-events",
  };
  return [
    process.execPath,
    commandFile(),
    "engine",
    ...option("--model", model.name),
    ...option("--served-model-name", ...model.servedNames),
    ...option("--profile", profile),
    ...option("--port", ports.http),
    ...option("--speed", workers.speed),
    ...option("--seed", workers.seed),
    ...option("--max-model-len", pool.maxModelLen),
    ...option("--pipeline-parallel-size", pool.pipelineParallelSize),
    ...option("--max-num-seqs", pool.maxBatchSize),
    ...option("--max-num-batched-tokens", pool.maxBatchedTokens),
    ...option("--kv-events-config", JSON.stringify(config)),
    ...option("--shutdown-timeout", deployment.launcher.shutdownTimeoutSeconds),
    ...loraArguments(model),
    "--exit-with-stdin",
    ...transferArguments(deployment, pool, workers.args),
    ...option("--tokenizer", deployment.tokenizer.source === "path" ? deployment.tokenizer.path : undefined),
    ...workers.args,
  ];
}

const CONNECTORS = { nixl: "NixlConnector", mooncake: "MooncakeConnector" } as const;

/** Unless the deployment gives its own. */
function transferArguments({ disaggregation }: Deployment, { role, workers }: Pool, own: readonly string[]): string[] {
  const isGiven = own.some((one) => one.split("=", 1)[0] === "--kv-transfer-config");
  if (disaggregation === undefined || role === "both" || isGiven) return [];
  const { connector, leaseSeconds, link } = disaggregation;
  const simulated = workers.kind === "simulated" ? { simulated_link: link } : {};
  const config = {
    kv_connector: CONNECTORS[connector],
    kv_role: role === "prefill" ? "kv_producer" : "kv_consumer",
    kv_connector_extra_config: { kv_lease_duration: leaseSeconds, ...simulated },
  };
  return ["--kv-transfer-config", JSON.stringify(config)];
}

/** Of its own for each worker on this machine. */
export function transferEnvironment({ disaggregation }: Deployment, ports: StartedPorts): Record<string, string> {
  if (disaggregation === undefined || ports.sideChannel === undefined) return {};
  return {
    VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1",
    VLLM_NIXL_SIDE_CHANNEL_PORT: String(ports.sideChannel),
    VLLM_MOONCAKE_BOOTSTRAP_PORT: String(disaggregation.bootstrapPort),
  };
}

/** Those that the gateway may load come when they are asked for. */
function loraArguments({ lora }: Deployment["model"]): string[] {
  if (lora.adapters.length === 0 && !lora.load) return [];
  const modules = lora.load ? [] : lora.adapters.map(({ name, path }) => JSON.stringify({ name, path }));
  return ["--enable-lora", ...option("--lora-modules", ...modules)];
}

export function loraEnvironment({ model: { lora } }: Deployment): Record<string, string> {
  return lora.load ? { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "1" } : {};
}

/** Nothing when the value is not stated. */
function option(name: string, ...values: readonly (string | number | undefined)[]): string[] {
  return values[0] === undefined ? [] : [name, ...values.map(String)];
}

/** The command's own file, as source in a clone and compiled in a package. */
function commandFile(): string {
  const extension = import.meta.filename.endsWith(".ts") ? "ts" : "js";
  return join(import.meta.dirname, "..", "cli", `main.${extension}`);
}
