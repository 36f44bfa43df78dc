// The settings of one simulated engine, as `switchgear engine` takes them; names follow vLLM's flags.
import type { KvEventEncoding } from "../vllm/index.ts";
import type { LoraOptions } from "./api/lora-adapters.ts";
import type { FaultSpec } from "./ops/fault-spec.ts";
import type { KvEventsConfig } from "./ops/kv-events-config.ts";
import type { KvTransferConfig } from "./transfer/kv-transfer-config.ts";

export interface EngineOptions {
  /** Names under which the model answers; the first one is reported. */
  readonly servedModelNames: readonly string[];
  /** Path or hub name: shown as `root` in /v1/models, and the seed of the output. */
  readonly model: string;
  readonly profile: string;
  readonly host: string;
  readonly port: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
  /** `builtin` or a path of a tokenizer.json or a folder with one. */
  readonly tokenizer: string;
  readonly maxModelLen: number | undefined;
  readonly maxNumSeqs: number | undefined;
  readonly maxNumBatchedTokens: number | undefined;
  /** Stages, each of the profile's GPUs; undefined = 1. */
  readonly pipelineParallel?: number | undefined;
  readonly blockSize: number;
  readonly gpuBlocksOverride: number | undefined;
  readonly schedulingPolicy: "fcfs" | "priority";
  readonly prefixCaching: boolean;
  readonly apiKeys: readonly string[];
  readonly promptTokensDetails: boolean;
  readonly requestIdHeaders: boolean;
  readonly serverLoadTracking: boolean;
  readonly devMode: boolean;
  readonly scaleOut: boolean;
  /** What the model is for: a generating one has no embeddings, a pooling one no chat. */
  readonly runner: "generate" | "pooling";
  readonly shutdownTimeoutSeconds: number;
  /** Ends the hang that follows SIGTERM; undefined = never, as vLLM. */
  readonly hangLimitSeconds: number | undefined;
  readonly kvEvents: KvEventsConfig | undefined;
  readonly kvEventEncoding: KvEventEncoding;
  readonly kvEventHashes: "int" | "bytes";
  /** Undefined = what requests say of transfers is ignored, as by a vLLM without connector. */
  readonly kvTransfer?: KvTransferConfig | undefined;
  /** VLLM_NIXL_SIDE_CHANNEL_HOST and _PORT, and VLLM_MOONCAKE_BOOTSTRAP_PORT; a port of 0 is any free one. */
  readonly sideChannel?: { readonly host: string; readonly port: number; readonly bootstrapPort: number };
  /** Undefined = without --enable-lora. */
  readonly lora?: LoraOptions | undefined;
  /** VLLM_ALLOW_RUNTIME_LORA_UPDATING: adapters may be loaded and unloaded by clients. */
  readonly loraUpdates?: boolean;
  /** In force from the start. */
  readonly faults: FaultSpec | undefined;
  /** Mixed into the model's output; engines of equal model and seed agree. */
  readonly seed: number;
  /** Share of tokens, 0…1, that differ from what an engine without it makes. */
  readonly divergence: number;
  /** Renders chats with a wrong template: system messages are lost. */
  readonly templateFault: boolean;
  /** Ignores `tools`. */
  readonly dropTools: boolean;
}

export const ENGINE_DEFAULTS: EngineOptions = {
  servedModelNames: ["simulated"],
  model: "simulated",
  profile: "llama-3.1-70b-h100-tp4-fp8",
  host: "127.0.0.1",
  port: 8000,
  speed: 1,
  tokenizer: "builtin",
  maxModelLen: undefined,
  maxNumSeqs: undefined,
  maxNumBatchedTokens: undefined,
  blockSize: 16,
  gpuBlocksOverride: undefined,
  schedulingPolicy: "fcfs",
  prefixCaching: true,
  apiKeys: [],
  promptTokensDetails: true,
  requestIdHeaders: false,
  serverLoadTracking: false,
  devMode: false,
  scaleOut: false,
  runner: "generate",
  shutdownTimeoutSeconds: 0,
  hangLimitSeconds: undefined,
  kvEvents: undefined,
  kvEventEncoding: "map",
  kvEventHashes: "int",
  faults: undefined,
  seed: 0,
  divergence: 0,
  templateFault: false,
  dropTools: false,
};
