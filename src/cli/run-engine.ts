// Runs `switchgear engine`: starts the server, says where it listens, stops on a signal.
import { SwitchgearError } from "../core/index.ts";
import {
  type EngineOptions,
  parseFaultText,
  parseKvEventsConfig,
  parseKvTransferConfig,
  parseLoraModule,
  startEngineServer,
} from "../engine/index.ts";
import { loadTextModel, type TextModel } from "../tokens/index.ts";
import type { EngineFlags } from "./engine.ts";
import { portOption } from "./option-values.ts";

export async function runEngine(flags: EngineFlags): Promise<void> {
  const engine = await startEngineServer(engineOptions(flags, process.env), {
    text: await engineText(flags.tokenizer),
    exit: (code) => process.exit(code),
  });
  const names = engine.options.servedModelNames.join(", ");
  process.stdout.write(`listening on ${engine.url}, model ${names}, profile ${engine.profile.name}\n`);
  if (flags.exitWithStdin) endWithStdin();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => engine.ops.shutdown());
}

function engineText(tokenizer: string): Promise<TextModel | undefined> {
  return loadTextModel(tokenizer === "builtin" ? { source: "builtin" } : { source: "path", path: tokenizer });
}

/** A parent that is killed cannot stop its engines; the pipe it held tells them. */
function endWithStdin(): void {
  process.stdin.on("close", () => process.exit(0));
  process.stdin.resume();
}

export function engineOptions(flags: EngineFlags, environment: NodeJS.ProcessEnv): EngineOptions {
  const key = environment["VLLM_API_KEY"];
  return {
    servedModelNames: flags.servedModelName ?? [flags.model],
    model: flags.model,
    profile: flags.profile,
    host: flags.host,
    port: flags.port,
    speed: flags.speed,
    tokenizer: flags.tokenizer,
    maxModelLen: flags.maxModelLen,
    maxNumSeqs: flags.maxNumSeqs,
    maxNumBatchedTokens: flags.maxNumBatchedTokens,
    pipelineParallel: flags.pipelineParallelSize,
    blockSize: flags.blockSize,
    gpuBlocksOverride: flags.numGpuBlocksOverride,
    schedulingPolicy: flags.schedulingPolicy,
    prefixCaching: flags.enablePrefixCaching,
    apiKeys: flags.apiKey ?? (key === undefined || key === "" ? [] : [key]),
    promptTokensDetails: flags.enablePromptTokensDetails,
    requestIdHeaders: flags.enableRequestIdHeaders,
    serverLoadTracking: flags.enableServerLoadTracking,
    devMode: flags.devMode || environment["VLLM_SERVER_DEV_MODE"] === "1",
    scaleOut: flags.enableScaleOut,
    runner: flags.runner,
    shutdownTimeoutSeconds: flags.shutdownTimeout,
    hangLimitSeconds: flags.hangLimit,
    kvEvents: flags.kvEventsConfig === undefined ? undefined : parseKvEventsConfig(flags.kvEventsConfig),
    kvEventEncoding: flags.kvEventsEncoding,
    kvEventHashes: environment["VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES"] === "0" ? "bytes" : "int",
    kvTransfer: flags.kvTransferConfig === undefined ? undefined : parseKvTransferConfig(flags.kvTransferConfig),
    sideChannel: sideChannel(environment),
    lora: loraOptions(flags),
    loraUpdates: /^(1|true)$/i.test(environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"]?.trim() ?? ""),
    faults: flags.faults === undefined ? undefined : parseFaultText(flags.faults, "--faults"),
    seed: flags.seed,
    divergence: flags.divergence,
    templateFault: flags.templateFault,
    dropTools: flags.dropTools,
  };
}

function loraOptions({ enableLora, loraModules = [], maxLoras }: EngineFlags): EngineOptions["lora"] {
  if (enableLora) return { maxLoras, modules: loraModules.map(parseLoraModule) };
  if (loraModules.length === 0) return undefined;
  throw new SwitchgearError("SWG_USAGE", "There are LoRA modules, but LoRA is off.", {
    where: "--lora-modules",
    expected: "--enable-lora",
  });
}

/** vLLM's variables and defaults; a port of 0 is any free one. */
function sideChannel(environment: NodeJS.ProcessEnv): NonNullable<EngineOptions["sideChannel"]> {
  const port = (name: string, fallback: number): number => {
    const text = environment[name];
    return text === undefined || text === "" ? fallback : portOption(text);
  };
  return {
    host: environment["VLLM_NIXL_SIDE_CHANNEL_HOST"] ?? "localhost",
    port: port("VLLM_NIXL_SIDE_CHANNEL_PORT", 5600),
    bootstrapPort: port("VLLM_MOONCAKE_BOOTSTRAP_PORT", 8998),
  };
}
