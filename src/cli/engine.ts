// `switchgear engine`: one simulated vLLM server, flags as `vllm serve` has them.
import { type Command, Option } from "commander";
import { countOption, numberOption, portOption, positiveOption, shareOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear engine --model llama-70b --profile llama-3.1-70b-h100-tp4-fp8 --port 8001
  switchgear engine --model llama-70b --profile llama-3.1-70b-h100-tp4-fp8 --port 8001 --speed 10 \\
    --kv-events-config '{"enable_kv_cache_events":true,"endpoint":"tcp://*:5557","replay_endpoint":"tcp://*:5558"}'

Unlike vLLM, prompt_tokens_details (cached tokens) is on unless --no-enable-prompt-tokens-details, and the host is 127.0.0.1.
Exit codes: 0 fine, 2 usage or a port in use.`;

const KV_EVENT_ENCODINGS = ["map", "array-0.11", "array-0.14", "array-0.18", "array-0.20", "array-0.22"] as const;

export function registerEngine(program: Command): void {
  const command = program
    .command("engine")
    .description("simulated vLLM server: stock HTTP surface, metrics, KV events and timing, no GPU")
    .requiredOption("--model <name>", "model name or path; also seeds the output")
    .option("--served-model-name <names...>", "names under which it answers (default: --model)")
    .option("--profile <name>", "model, GPU, TP and precision to simulate", "llama-3.1-70b-h100-tp4-fp8")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 = any free one", portOption, 8000)
    .option("--speed <factor>", "simulated seconds per second", positiveOption, 1)
    .option("--tokenizer <path>", "tokenizer.json or a folder with one, or builtin", "builtin")
    .option("--max-model-len <tokens>", "longest context (default: the profile's)", countOption)
    .option("--max-num-seqs <n>", "sequences in one step (default: the profile's)", countOption)
    .option("--max-num-batched-tokens <n>", "tokens in one step (default: the profile's)", countOption)
    .option("--pipeline-parallel-size <stages>", "stages, each of the profile's GPUs", countOption, 1)
    .option("--block-size <tokens>", "tokens in a KV block", countOption, 16)
    .option("--num-gpu-blocks-override <n>", "KV blocks instead of the memory arithmetic", countOption)
    .addOption(
      new Option("--scheduling-policy <policy>", "order of waiting requests")
        .choices(["fcfs", "priority"])
        .default("fcfs"),
    )
    .option("--no-enable-prefix-caching", "no reuse of cached blocks")
    .option("--api-key <keys...>", "keys that /v1 paths ask for (also VLLM_API_KEY)")
    .option("--no-enable-prompt-tokens-details", "leave cached tokens out of usage, as vLLM without its flag")
    .option("--enable-request-id-headers", "answer with x-request-id", false)
    .option("--enable-server-load-tracking", "count in /load", false)
    .option("--enable-scale-out", "serve /inference/v1/generate and render paths", false)
    .option("--dev-mode", "serve vLLM's dev endpoints (also VLLM_SERVER_DEV_MODE=1)", false)
    .addOption(
      new Option("--runner <kind>", "what the model is for: text, or embeddings and scores")
        .choices(["generate", "pooling"])
        .default("generate"),
    )
    .option("--shutdown-timeout <seconds>", "time for running requests after SIGTERM", numberOption, 0)
    .option("--hang-limit <seconds>", "end a shutdown that hangs, which vLLM never does", numberOption)
    .option("--kv-events-config <json>", "as vLLM: publish KV events over ZMQ")
    .addOption(
      new Option("--kv-events-encoding <encoding>", "map: vLLM 0.24 and newer; array-0.N: the array of version 0.N")
        .choices(KV_EVENT_ENCODINGS)
        .default("map"),
    )
    .option(
      "--kv-transfer-config <json>",
      "as vLLM: keep prompts for other engines, pull them from others (NixlConnector, MooncakeConnector)",
    )
    .option("--enable-lora", "serve LoRA adapters beside the model", false)
    .option("--lora-modules <modules...>", "adapters from the start, name=path each (needs --enable-lora)")
    .option("--max-loras <n>", "adapters in one step; requests for others wait", countOption, 1)
    .option("--exit-with-stdin", "end when standard input closes, as it does when the parent dies", false)
    .option("--seed <n>", "another seed makes another model", numberOption, 0);
  addDifferences(command);
  command.addHelpText("after", EXAMPLE).action(async (options: EngineFlags) => {
    const { runEngine } = await import("./run-engine.ts");
    await runEngine(options);
  });
}

/** What makes the engine differ from a correct one on purpose. */
function addDifferences(command: Command): void {
  command
    .option("--divergence <rate>", "share of tokens that differ from another engine's", shareOption, 0)
    .option("--template-fault", "lose system messages in the chat template", false)
    .option("--faults <json>", "faults from the start; POST /_sim/faults changes them while it runs")
    .option("--drop-tools", "ignore tools", false);
}

/** Option values as commander gives them. */
export interface EngineFlags {
  readonly model: string;
  readonly servedModelName?: readonly string[];
  readonly profile: string;
  readonly host: string;
  readonly port: number;
  readonly speed: number;
  readonly tokenizer: string;
  readonly maxModelLen?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly pipelineParallelSize: number;
  readonly blockSize: number;
  readonly numGpuBlocksOverride?: number;
  readonly schedulingPolicy: "fcfs" | "priority";
  readonly enablePrefixCaching: boolean;
  readonly apiKey?: readonly string[];
  readonly enablePromptTokensDetails: boolean;
  readonly enableRequestIdHeaders: boolean;
  readonly enableServerLoadTracking: boolean;
  readonly enableScaleOut: boolean;
  readonly runner: "generate" | "pooling";
  readonly devMode: boolean;
  readonly shutdownTimeout: number;
  readonly hangLimit?: number;
  readonly kvEventsConfig?: string;
  readonly kvTransferConfig?: string;
  readonly enableLora: boolean;
  readonly loraModules?: readonly string[];
  readonly maxLoras: number;
  readonly kvEventsEncoding: (typeof KV_EVENT_ENCODINGS)[number];
  readonly faults?: string;
  readonly exitWithStdin: boolean;
  readonly seed: number;
  readonly divergence: number;
  readonly templateFault: boolean;
  readonly dropTools: boolean;
}
