// `switchgear probe LEGACY CANDIDATE`: what would break when traffic goes to another endpoint.
import type { Command } from "commander";
import { positiveOption, countOption } from "./option-values.ts";

const EXAMPLE = `
Examples:
  switchgear probe http://127.0.0.1:8000 http://127.0.0.1:8080
  switchgear probe https://old.example/base https://new.example --legacy-key-env OLD_KEY --candidate-key-env NEW_KEY
  switchgear probe http://old:8000 http://new:8000 --model-map llama=meta/llama --expect-identity dynamo --json
  switchgear probe http://old:8000 http://new:8080 --candidate-metrics http://w1:8000/metrics http://w2:8000/metrics \\
    --kv-events tcp://w1:5557 --override 'parameter top_k' 'path /v1/responses'

Sends about 240 short requests, to both arms together. Keys are read from the environment and never shown.
Exit codes: 0 nothing blocks a migration, 1 a hard check failed and is not overridden, 2 an arm cannot be asked or bad input.`;

/** Option values as commander gives them. */
export interface ProbeFlags {
  readonly legacyKeyEnv?: string;
  readonly candidateKeyEnv?: string;
  readonly legacyHeader: readonly string[];
  readonly candidateHeader: readonly string[];
  readonly legacyCa?: string;
  readonly candidateCa?: string;
  readonly legacyMetrics?: readonly string[];
  readonly candidateMetrics?: readonly string[];
  readonly model?: string;
  readonly modelMap: readonly string[];
  readonly kvEvents?: string;
  readonly disaggregated: boolean;
  readonly expectIdentity?: string;
  readonly override?: readonly string[];
  readonly timeout: number;
  readonly maxRequests: number;
  readonly verbose: boolean;
  readonly json: boolean;
}

export function registerProbe(program: Command): void {
  program
    .command("probe")
    .description("preflight of a migration: everything the legacy arm takes, asked of the candidate too")
    .argument("<legacy>", "address of today's endpoint, with its base path")
    .argument("<candidate>", "address of the endpoint to migrate to")
    .option("--legacy-key-env <name>", "environment variable with the legacy's bearer key")
    .option("--candidate-key-env <name>", "environment variable with the candidate's bearer key")
    .option("--legacy-header <header>", "'name: value' for the legacy; may be repeated", collect, [])
    .option("--candidate-header <header>", "'name: value' for the candidate; may be repeated", collect, [])
    .option("--legacy-ca <file>", "PEM certificates that the legacy's TLS is checked against")
    .option("--candidate-ca <file>", "PEM certificates that the candidate's TLS is checked against")
    .option("--legacy-metrics <url...>", "/metrics pages of the legacy (default: its own)")
    .option("--candidate-metrics <url...>", "/metrics pages of the candidate's workers (default: its own)")
    .option("--model <name>", "model that is asked, by its legacy name (default: the first)")
    .option("--model-map <legacy=candidate>", "another name on the candidate; may be repeated", collect, [])
    .option("--kv-events <address>", "ZMQ address where a worker of the candidate publishes KV events")
    .option("--disaggregated", "the candidate has prefill and decode workers: KV must be transferred", false)
    .option("--expect-identity <text>", "must show in the candidate's server, version, fingerprint or headers")
    .option("--override <id...>", "hard checks whose failure is accepted, by their ids")
    .option("--timeout <seconds>", "time for all checks", positiveOption, 120)
    .option("--max-requests <n>", "requests to both arms together", countOption, 600)
    .option("--verbose", "also list the checks that passed", false)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", EXAMPLE)
    .action(async (legacy: string, candidate: string, flags: ProbeFlags) => {
      const { runProbeCommand } = await import("./run-probe.ts");
      process.exitCode = await runProbeCommand({ legacy, candidate }, flags);
    });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
