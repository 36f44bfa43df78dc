// Options of `switchgear simulate` for fleets that are more than equal workers. Loads no simulator: `serve` registers them too.
import type { Command } from "commander";
import { KV_LINKS } from "../model/index.ts";
import { countOption, numberOption, positiveOption, sigmaOption } from "./option-values.ts";

/** Option values as commander gives them. */
export interface RoleOptions {
  readonly roles?: string;
  readonly link?: string;
  readonly linkLatencyMs?: number;
  readonly pairRule?: string;
  readonly fallback?: string;
  readonly loadFailure?: string;
  readonly fail?: string;
  readonly mtbfS?: number;
  readonly repairS?: number;
  readonly startUpS?: number;
  readonly startUpSigma?: number;
  readonly coldWorkers?: number;
}

export function addRoleOptions(command: Command): Command {
  const links = Object.keys(KV_LINKS).join(", ");
  return command
    .option("--roles <list>", "roles of the workers: prefill:1,decode:3 or one word each (prefill, decode, both)")
    .option("--link <link>", `between prefill and decode: ${links}, or GB/s (default ndr400)`)
    .option("--link-latency-ms <ms>", "once a transfer", numberOption)
    .option(
      "--pair-rule <rule>",
      "when a request is split: predicted (default), always, never, llmd:16, dynamo:2048:0.7",
    )
    .option("--fallback <policy>", "when a pool is gone: colocated (default) or fail")
    .option("--load-failure <policy>", "when a prompt does not come: fail (default) or recompute")
    .option("--fail <list>", "workers that die: worker@seconds, or worker@seconds:down-seconds")
    .option("--mtbf-s <s>", "mean time between failures of a worker", positiveOption)
    .option("--repair-s <s>", "from a random failure to the start (default 10)", numberOption)
    .option("--start-up-s <s>", "median start-up time (default 120)", numberOption)
    .option("--start-up-sigma <sigma>", "deviation of its logarithm (default 0.3)", sigmaOption)
    .option("--cold-workers <n>", "the last n workers start when the simulation does", countOption);
}
