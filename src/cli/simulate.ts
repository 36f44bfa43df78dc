// `switchgear simulate`: replays a trace against simulated workers under one policy or several, on a virtual clock.
import type { Command } from "commander";
import { addRoleOptions, type RoleOptions } from "./simulate-roles.ts";
import { countOption, numberOption, positiveOption, shareOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear simulate --profile qwen3-32b-h200-tp2-bf16 --workers 8 --trace conversation_trace.jsonl --policy kv_aware,round_robin
  switchgear simulate --deployment deployment.yaml --trace conversation_trace.jsonl --speed 1.5 --seeds 3
  switchgear simulate --profile llama-3.1-70b-h100-tp4-fp8 --generator conversation --requests 2000 --json
  switchgear simulate --trace T.jsonl --policy dynamo --sweep dynamo.prefillLoadScale=1,8,32 --compare
  switchgear simulate --input-tokens 512 --output-tokens 256 --rate 16 --workers 2 --policy kv_aware --knee 0.9
  switchgear simulate --roles prefill:1,decode:3 --link 41 --fail 0@60:30 --input-tokens 4000 --rate 4
  switchgear simulate PLAN.yaml            (the same options as keys, in the words of the flags)

Policies take settings: dynamo:prefillLoadScale=8+creditDecay=1.
Exit codes: 0 fine, 1 the goodput is below --expect-goodput, 2 usage or an impossible plan.`;

export function registerSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("replay traffic against simulated workers and routing policies on a virtual clock")
    .argument("[plan]", "YAML file with the options below as keys")
    .option("--deployment <file>", "take workers and policy from a deployment file")
    .option("--profile <names>", "engine profiles, comma-separated; dealt out to the workers in turn")
    .option("--workers <n>", "simulated workers (default 8, or the deployment's)", countOption)
    .option("--batched-tokens <n>", "token budget of a step (max_num_batched_tokens)", countOption)
    .option("--max-sequences <n>", "sequences at once on a worker (max_num_seqs)", countOption)
    .option("--block-size <n>", "tokens in a KV block", countOption)
    .option("--trace <file>", "replay Mooncake JSONL, Azure CSV or our JSONL")
    .option("--generator <preset>", "replay a generated trace: conversation")
    .option("--requests <n>", "requests to generate", countOption, 2000)
    .option("--rate <per-second>", "generate requests of one kind at this mean rate", positiveOption)
    .option("--arrivals <process>", "with --rate: poisson, gamma or constant", "poisson")
    .option("--burstiness <shape>", "gamma: 1 = Poisson, below 1 burstier", positiveOption, 1)
    .option("--input-tokens <n>", "with --rate or --concurrency: mean prompt length", countOption, 512)
    .option("--output-tokens <n>", "mean answer length", countOption, 256)
    .option("--spread <share>", "lengths are lognormal with this deviation ÷ mean", numberOption, 0.5)
    .option("--shared <share>", "leading share of each prompt common to its group", shareOption, 0)
    .option("--groups <n>", "groups of prompts with a common prefix", countOption, 1)
    .option("--speed <factor>", "arrivals so many times faster", positiveOption, 1)
    .option("--limit <n>", "only the first n requests of the trace", countOption)
    .option("--strict", "fail at the first bad row of the trace", false)
    .option("--concurrency <n>", "closed loop: requests at once", countOption)
    .option("--stagger-ms <ms>", "closed loop: the first requests come over so long a time", numberOption, 0)
    .option("--warm-up-ms <ms>", "requests before this time do not count", numberOption, 0)
    .option("--policy <names>", "routing policies, comma-separated (default kv_aware, or the deployment's)")
    .option("--noise <sigma>", "lognormal noise of step times, unknown to the policies", numberOption, 0)
    .option("--staleness-ms <ms>", "the gateway learns of tokens and KV events so late", numberOption, 0)
    .option("--slo-ttft-ms <ms>", "goodput: TTFT limit", positiveOption, 5000)
    .option("--slo-ttft-times <n>", "goodput: or so many times the TTFT of an idle worker", numberOption, 3)
    .option("--slo-tpot-ms <ms>", "goodput: TPOT limit", positiveOption, 100)
    .option("--seed <text>", "same seed, same bytes", "1")
    .option("--seeds <n>", "runs, with seeds from --seed on", countOption, 1)
    .option("--sweep <key=values>", "speed, noise, stalenessMs, workers, concurrency or policy.setting", collect, [])
    .option("--compare", "differences to the first policy, with intervals over the seeds", false)
    .option("--knee <goodput>", "find the highest speed at which this share meets the SLO", shareOption)
    .option("--expect-goodput <share>", "exit 1 below this goodput fraction", shareOption)
    .option("--per-worker", "also print a table of the workers", false)
    .option("--csv <file>", "write one line a run")
    .option("--html <file>", "write a page with plots")
    .option("--json", "print the results as JSON", false);
  addRoleOptions(command)
    .addHelpText("after", EXAMPLE)
    .action(async (plan: string | undefined, _options: unknown, command: Command) => {
      const { runSimulate } = await import("./run-simulate.ts");
      process.exitCode = await runSimulate(plan, command);
    });
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}

/** Option values as commander gives them. */
export interface SimulateOptions extends RoleOptions {
  readonly deployment?: string;
  readonly profile?: string;
  readonly workers?: number;
  readonly batchedTokens?: number;
  readonly maxSequences?: number;
  readonly blockSize?: number;
  readonly trace?: string;
  readonly generator?: string;
  readonly requests: number;
  readonly rate?: number;
  readonly arrivals: string;
  readonly burstiness: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly spread: number;
  readonly shared: number;
  readonly groups: number;
  readonly speed: number;
  readonly limit?: number;
  readonly strict: boolean;
  readonly concurrency?: number;
  readonly staggerMs: number;
  readonly warmUpMs: number;
  readonly policy?: string;
  readonly noise: number;
  readonly stalenessMs: number;
  readonly sloTtftMs: number;
  readonly sloTtftTimes: number;
  readonly sloTpotMs: number;
  readonly seed: string;
  readonly seeds: number;
  readonly sweep: readonly string[];
  readonly compare: boolean;
  readonly knee?: number;
  readonly expectGoodput?: number;
  readonly perWorker: boolean;
  readonly csv?: string;
  readonly html?: string;
  readonly json: boolean;
}
