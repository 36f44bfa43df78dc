// `switchgear assess`: should I migrate? From a server's metrics, a Prometheus, dumps or figures given by hand.
import { type Command, InvalidArgumentError } from "commander";
import type { Answer } from "../assess/index.ts";
import { countOption, positiveOption } from "./option-values.ts";

const ANSWERS: readonly Answer[] = ["STAY", "TUNE", "SCALE", "MIGRATE", "INSUFFICIENT_DATA"];

const EXAMPLE = `
Examples:
  switchgear assess --metrics http://127.0.0.1:8000/metrics --window 300 --slo-ttft-ms 500
  switchgear assess --prometheus http://prometheus:9090 --selector 'job="vllm"' --days 7 --slo-ttft-ms 500
  switchgear assess --metrics-file monday.txt tuesday.txt --slo-ttft-ms 500 --json
  switchgear assess --fields metrics.json --force
  switchgear assess --recording traffic.jsonl --profile llama-3.1-70b-h100-tp4-fp8 --gpu-price 2.5 --slo-ttft-ms 500

Times of dumps are those of their files. Fields are the seed's (gpu_utilization_avg, ttft_p99_ms, ttft_slo_ms, num_models,
peak_to_avg_ratio, system_prompt_reuse_rate) and window_hours, ttft_samples.
Exit codes: 0 an answer (STAY, TUNE, SCALE, MIGRATE), 3 INSUFFICIENT_DATA, 1 another answer than --expect, 2 unusable input.`;

/** Option values as commander gives them. */
export interface AssessOptions {
  readonly metrics?: string;
  readonly window: number;
  readonly interval: number;
  readonly dcgm?: string;
  readonly metricsFile?: readonly string[];
  readonly prometheus?: string;
  readonly selector: string;
  readonly days: number;
  readonly keyEnv?: string;
  readonly fields?: string;
  readonly recording?: string;
  readonly profile?: string;
  readonly gpuPrice?: number;
  readonly sloTtftMs?: number;
  readonly sloItlMs?: number;
  readonly tenants?: number;
  readonly force: boolean;
  readonly expect?: Answer;
  readonly json: boolean;
}

export function registerAssess(program: Command): void {
  program
    .command("assess")
    .description("should I migrate? STAY, TUNE, SCALE or MIGRATE, with evidence and what would change the answer")
    .option("--metrics <url>", "/metrics page of a running vLLM")
    .option("--window <seconds>", "how long the page is watched", positiveOption, 60)
    .option("--interval <seconds>", "time between two readings", positiveOption, 5)
    .option("--dcgm <url>", "/metrics page of a DCGM exporter, for GPU utilisation")
    .option("--metrics-file <file...>", "saved /metrics pages, each as old as its file")
    .option("--prometheus <url>", "a Prometheus that has vLLM's figures")
    .option("--selector <labels>", "labels of the server in Prometheus", "")
    .option("--days <days>", "time asked from Prometheus", positiveOption, 7)
    .option("--key-env <name>", "environment variable with a bearer key for Prometheus")
    .option("--fields <file>", "JSON of the seed's fields: alone, or beside another source")
    .option("--recording <file>", "traffic recorded by serve --record, or any trace: alone, or beside another source")
    .option("--profile <name>", "what-if: the engine that the simulator takes for the server")
    .option("--gpu-price <price>", "what-if: of a GPU hour, for cost", positiveOption)
    .option(
      "--slo-ttft-ms <ms>",
      "TTFT that 99 % of requests must keep (default: ttft_slo_ms of --fields)",
      positiveOption,
    )
    .option("--slo-itl-ms <ms>", "gap between tokens that 99 % must keep", positiveOption)
    .option("--tenants <n>", "tenants that must be kept apart", countOption)
    .option("--force", "answer although there is too little data", false)
    .option("--expect <answer>", "exit 1 on another answer", answerOption)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", EXAMPLE)
    .action(async (options: AssessOptions) => {
      const { runAssess } = await import("./run-assess.ts");
      process.exitCode = await runAssess(options);
    });
}

function answerOption(text: string): Answer {
  const found = ANSWERS.find((one) => one === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${ANSWERS.join(", ")}, found ${JSON.stringify(text)}.`);
}
