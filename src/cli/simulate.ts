// `switchgear simulate`: replays a trace against simulated workers under one policy or several, on a virtual clock.
import { Command } from "commander";
import {
  countOption,
  countUpTo,
  numberOption,
  positiveOption,
  shareOption,
  sigmaOption,
  wholeOption,
} from "./option-values.ts";
import { registerCompare } from "./simulate-compare.ts";
import { addRoleOptions, type RoleOptions } from "./role-options.ts";
import { addWorkloadOptions, type WorkloadOptions } from "./simulate-workload.ts";

const SWEPT_KEYS =
  "speed, noise, stalenessMs, concurrency, staggerMs, jitter, startUpBurst, warmUpMs, workers, batchedTokens, maxSequences or policy.setting";

const EXAMPLE = `
Examples:
  switchgear simulate --profile qwen3-32b-h200-tp2-bf16 --workers 8 --trace conversation_trace.jsonl --policy kv_aware,round_robin
  switchgear simulate --deployment deployment.yaml --trace conversation_trace.jsonl --speed 1.5 --seeds 3
  switchgear simulate --profile llama-3.1-70b-h100-tp4-fp8 --generator conversation --requests 2000 --json
  switchgear simulate --trace T.jsonl --policy dynamo --sweep dynamo.prefillLoadScale=1,8,32 --compare
  switchgear simulate --input-tokens 512 --output-tokens 256 --rate 16 --workers 2 --policy kv_aware --knee 0.9
  switchgear simulate --roles prefill:1,decode:3 --link 41 --fail 0@60:30 --input-tokens 4000 --rate 4
  switchgear simulate --sessions 500 --turns 6 --rate 2 --follow-sessions --policy kv_aware,round_robin --seeds 3 --compare
  switchgear simulate PLAN.yaml            (the same options as keys, in the words of the flags)

Policies take settings: dynamo:prefillLoadScale=8+creditDecay=1.
Exit codes: 0 fine, 1 the goodput is below --expect-goodput, 2 usage, a bad trace or an impossible plan,
130 ended by Ctrl-C: what has come is printed, marked as partial.`;

export function registerSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("replay traffic against simulated workers and routing policies on a virtual clock")
    .enablePositionalOptions()
    .argument("[plan]", "YAML file with the options below as keys")
    .option("--deployment <file>", "take workers and policy from a deployment file")
    .option("--profile <names>", "engine profiles, comma-separated; dealt out to the workers in turn")
    .option("--workers <n>", "simulated workers (default 8, or the deployment's)", countUpTo(100_000))
    .option("--batched-tokens <n>", "token budget of a step (max_num_batched_tokens)", countOption)
    .option("--max-sequences <n>", "sequences at once on a worker (max_num_seqs)", countOption)
    .option("--block-size <n>", "tokens in a KV block", countOption)
    .option("--gpus <n>", "GPUs that there are: a fleet that needs more is refused", countOption)
    .option("--speed <factor>", "arrivals so many times faster", positiveOption, 1)
    .option("--concurrency <n>", "closed loop: clients, each with one request at a time", countOption)
    .option("--stagger-ms <ms>", "closed loop: the clients start over so long a time; 0 = all at once", numberOption, 0)
    .option("--follow-sessions", "a turn waits for the answer before it; --concurrency: sessions at once", false)
    .option("--start-up-burst <n>", "open loop: the first n requests come at time 0", wholeOption, 0)
    .option("--jitter <share>", "every length is uniform within ± this share of the trace's", shareOption, 0)
    .option("--warm-up-ms <ms>", "requests before this time do not count", numberOption, 0)
    .option("--warm-up-requests <n>", "nor do the first n", wholeOption, 0)
    .option("--cool-down-requests <n>", "nor do the last n", wholeOption, 0)
    .option("--policy <names>", "routing policies, comma-separated (default kv_aware, or the deployment's)")
    .option("--noise <sigma>", "lognormal noise of step times, unknown to the policies", sigmaOption, 0)
    .option("--staleness-ms <ms>", "the gateway learns of tokens and KV events so late", numberOption, 0)
    .option("--gateways <n>", "so many gateways, each request comes to one by chance", countUpTo(1000), 1)
    .option("--share-loads-ms <ms>", "they tell each other so often what they have in flight; 0 = never", numberOption)
    .option("--slo-ttft-ms <ms>", "goodput: TTFT limit", positiveOption, 5000)
    .option("--slo-ttft-times <n>", "goodput: or so many times the TTFT of an idle worker", numberOption, 3)
    .option("--slo-tpot-ms <ms>", "goodput: TPOT limit", positiveOption, 100)
    .option("--seed <text>", "same seed, same bytes", "1")
    .option("--seeds <n>", "runs, with seeds from --seed on", countUpTo(10_000), 1)
    .option("--sweep <key=values>", `${SWEPT_KEYS}; all combinations`, collect, [])
    .option("--compare", "differences to the first policy, with intervals over the seeds", false)
    .option("--knee <goodput>", "find the highest speed at which this share meets the SLO", shareOption)
    .option("--expect-goodput <share>", "exit 1 below this goodput fraction", shareOption)
    .option("--per-worker", "also print a table of the workers", false)
    .option("--progress", "tell how it goes also where no terminal is", false)
    .option("--csv <file>", "write one line a run")
    .option("--html <file>", "write a page with plots")
    .option("--json", "print the results as JSON (schema/simulationreport.schema.json)", false);
  addWorkloadOptions(addRoleOptions(command))
    .addHelpText("after", EXAMPLE)
    .action(async (plan: string | undefined, _options: unknown, command: Command) => {
      const { runSimulate } = await import("./run-simulate.ts");
      process.exitCode = await runSimulate(plan, command);
    });
  registerCompare(command);
}

/** The options of `simulate` with nothing given, for a plan to fill. */
export function emptySimulate(): Command {
  const root = new Command();
  registerSimulate(root);
  const [command = root] = root.commands;
  return command;
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}

/** Option values as commander gives them. */
export interface SimulateOptions extends RoleOptions, WorkloadOptions {
  readonly deployment?: string;
  readonly profile?: string;
  readonly workers?: number;
  readonly batchedTokens?: number;
  readonly maxSequences?: number;
  readonly blockSize?: number;
  readonly speed: number;
  readonly gpus?: number;
  readonly staggerMs: number;
  readonly followSessions: boolean;
  readonly startUpBurst: number;
  readonly jitter: number;
  readonly warmUpMs: number;
  readonly warmUpRequests: number;
  readonly coolDownRequests: number;
  readonly policy?: string;
  readonly noise: number;
  readonly stalenessMs: number;
  readonly gateways: number;
  readonly shareLoadsMs?: number;
  readonly sloTtftMs: number;
  readonly sloTtftTimes: number;
  readonly sloTpotMs: number;
  readonly seeds: number;
  readonly sweep: readonly string[];
  readonly compare: boolean;
  readonly knee?: number;
  readonly expectGoodput?: number;
  readonly perWorker: boolean;
  readonly progress: boolean;
  readonly csv?: string;
  readonly html?: string;
  readonly json: boolean;
}
