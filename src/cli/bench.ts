// `switchgear bench`: sends load to an OpenAI-compatible server and reports standard figures.
import type { Command } from "commander";
import { numberOption, positiveOption, shareOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear bench --url http://127.0.0.1:8080 --model llama-70b --rate 4 --requests 200
  switchgear bench --url http://127.0.0.1:8080 --model llama-70b --concurrency 16 --requests 400 --input-tokens 2000
  switchgear bench --url http://127.0.0.1:8080 --model llama-70b --trace conversation_trace.jsonl --speed 2 --limit 500
  switchgear bench --url http://127.0.0.1:8080 --model llama-70b --sessions 20 --turns 5 --html report.html

Exit codes: 0 fine, 1 the goodput is below --expect-goodput or a request failed without one, 2 usage.`;

export function registerBench(program: Command): void {
  program
    .command("bench")
    .description("load generator with standard metrics (TTFT, TPOT, ITL, E2E, goodput)")
    .requiredOption("--url <url>", "server to load, without /v1")
    .requiredOption("--model <name>", "model to ask for")
    .option("--key-env <name>", "environment variable with the API key")
    .option("--requests <n>", "requests to send", positiveOption, 100)
    .option("--rate <per-second>", "open loop: mean arrival rate", positiveOption)
    .option("--arrivals <process>", "open loop: poisson, gamma or constant", "poisson")
    .option("--burstiness <shape>", "gamma: 1 = Poisson, below 1 burstier", positiveOption, 1)
    .option("--concurrency <n>", "closed loop: requests at once", positiveOption)
    .option("--trace <file>", "replay Mooncake JSONL, Azure CSV or our JSONL at its own times")
    .option("--generator <preset>", "replay a generated trace: conversation, azure_code, azure_conv")
    .option("--speed <factor>", "trace: arrivals so many times faster", positiveOption, 1)
    .option("--limit <n>", "trace: only the first n requests", positiveOption)
    .option("--strict", "trace: fail at the first bad row", false)
    .option("--max-input-tokens <n>", "trace: cut longer prompts", positiveOption)
    .option("--sessions <n>", "multi-turn chats, closed loop", positiveOption)
    .option("--turns <n>", "sessions: turns each", positiveOption, 4)
    .option("--think-ms <ms>", "sessions: mean pause between turns", numberOption, 500)
    .option("--system-words <n>", "sessions: words of the shared system prompt", positiveOption, 200)
    .option("--user-words <n>", "sessions: words of each user turn", positiveOption, 60)
    .option("--input-tokens <n>", "prompt length", positiveOption, 512)
    .option("--output-tokens <n>", "answer length", positiveOption, 128)
    .option("--jitter <share>", "lengths vary by ± this share", shareOption, 0)
    .option("--shared <share>", "leading share of each prompt common to its group", shareOption, 0)
    .option("--groups <n>", "groups of prompts with a common prefix", positiveOption, 1)
    .option("--vocabulary <n>", "prompt token ids are drawn below this", positiveOption, 32_000)
    .option("--timeout-ms <ms>", "longest a request may take", positiveOption, 600_000)
    .option("--slo-ttft-ms <ms>", "goodput: TTFT limit", positiveOption)
    .option("--slo-tpot-ms <ms>", "goodput: TPOT limit", positiveOption)
    .option("--slo-e2e-ms <ms>", "goodput: E2E limit", positiveOption)
    .option("--expect-goodput <share>", "exit 1 below this goodput fraction", shareOption)
    .option("--seed <text>", "same seed, same load", "1")
    .option("--html <file>", "write a report with plots")
    .option("--json", "print the result as JSON", false)
    .addHelpText("after", EXAMPLE)
    .action(async (options: BenchOptions) => {
      const { runBench } = await import("./run-bench.ts");
      process.exitCode = await runBench(options);
    });
}

/** Option values as commander gives them. */
export interface BenchOptions {
  readonly url: string;
  readonly model: string;
  readonly keyEnv?: string;
  readonly requests: number;
  readonly rate?: number;
  readonly arrivals: string;
  readonly burstiness: number;
  readonly concurrency?: number;
  readonly trace?: string;
  readonly generator?: string;
  readonly speed: number;
  readonly limit?: number;
  readonly strict: boolean;
  readonly maxInputTokens?: number;
  readonly sessions?: number;
  readonly turns: number;
  readonly thinkMs: number;
  readonly systemWords: number;
  readonly userWords: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly jitter: number;
  readonly shared: number;
  readonly groups: number;
  readonly vocabulary: number;
  readonly timeoutMs: number;
  readonly sloTtftMs?: number;
  readonly sloTpotMs?: number;
  readonly sloE2eMs?: number;
  readonly expectGoodput?: number;
  readonly seed: string;
  readonly html?: string;
  readonly json: boolean;
}
