// The command line of `vllm serve` for typed settings.

/** What is undefined is not passed on, and vLLM's own default holds. */
export interface ServeSettings {
  readonly model: string;
  readonly servedModelName?: string | readonly string[] | undefined;
  readonly tokenizer?: string | undefined;
  readonly trustRemoteCode?: boolean | undefined;
  readonly dtype?: string | undefined;
  readonly quantization?: string | undefined;
  readonly tensorParallelSize?: number | undefined;
  readonly pipelineParallelSize?: number | undefined;
  readonly gpuMemoryUtilization?: number | undefined;
  readonly maxModelLen?: number | undefined;
  readonly maxNumSeqs?: number | undefined;
  readonly maxNumBatchedTokens?: number | undefined;
  /** On is vLLM's default; false has to be said. */
  readonly enablePrefixCaching?: boolean | undefined;
  readonly blockSize?: number | undefined;
  readonly kvEvents?: KvEventsSettings | undefined;
  readonly kvTransferConfig?: Readonly<Record<string, unknown>> | undefined;
  readonly enablePromptTokensDetails?: boolean | undefined;
  /** Seconds that running requests may take after SIGTERM; vLLM's default 0 cuts them off. */
  readonly shutdownTimeoutSeconds?: number | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Put last, as they are: of a flag given twice the last one counts. */
  readonly extraArguments?: readonly string[] | undefined;
}

export interface KvEventsSettings {
  /** `tcp://*:5557` */
  readonly endpoint: string;
  readonly replayEndpoint?: string | undefined;
  readonly topic?: string | undefined;
}

/** The words after `vllm`. A model that starts with a dash would be read as a flag, so it is refused by the caller's schema. */
export function serveArgv(settings: ServeSettings): string[] {
  return [
    "serve",
    settings.model,
    ...option("--served-model-name", settings.servedModelName),
    ...option("--tokenizer", settings.tokenizer),
    ...flag("trust-remote-code", settings.trustRemoteCode),
    ...option("--dtype", settings.dtype),
    ...option("--quantization", settings.quantization),
    ...option("--tensor-parallel-size", settings.tensorParallelSize),
    ...option("--pipeline-parallel-size", settings.pipelineParallelSize),
    ...option("--gpu-memory-utilization", settings.gpuMemoryUtilization),
    ...option("--max-model-len", settings.maxModelLen),
    ...option("--max-num-seqs", settings.maxNumSeqs),
    ...option("--max-num-batched-tokens", settings.maxNumBatchedTokens),
    ...flag("enable-prefix-caching", settings.enablePrefixCaching),
    ...option("--block-size", settings.blockSize),
    ...option("--kv-events-config", kvEventsJson(settings.kvEvents)),
    ...option("--kv-transfer-config", settings.kvTransferConfig && JSON.stringify(settings.kvTransferConfig)),
    ...flag("enable-prompt-tokens-details", settings.enablePromptTokensDetails),
    ...option("--shutdown-timeout", settings.shutdownTimeoutSeconds),
    ...option("--host", settings.host),
    ...option("--port", settings.port),
    ...(settings.extraArguments ?? []),
  ];
}

function option(name: string, value: string | number | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  return [name, ...(typeof value === "object" ? value : [String(value)])];
}

function flag(name: string, value: boolean | undefined): string[] {
  if (value === undefined) return [];
  return [value ? `--${name}` : `--no-${name}`];
}

function kvEventsJson(events: KvEventsSettings | undefined): string | undefined {
  if (events === undefined) return undefined;
  return JSON.stringify({
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: events.endpoint,
    ...(events.replayEndpoint === undefined ? {} : { replay_endpoint: events.replayEndpoint }),
    ...(events.topic === undefined ? {} : { topic: events.topic }),
  });
}
