// Probe, migration and rollback as a person would steer them, with clients that must see no error.
import type { MigrationStatus, ProbeResult, Verdict } from "../../src/migration/index.ts";
import { runCommand, startCommand } from "../lib/cli-command.ts";
import { type SteeredPlan, steeredPlan } from "../lib/steered-plan.ts";
import { type DynamoArms, planFiles } from "./plan-files.ts";

export interface RunOptions {
  /** Hard checks of the probe that are known to fail. */
  readonly overrides: readonly string[];
  readonly log: (text: string) => void;
}

export async function probed({ legacy, candidate }: DynamoArms): Promise<ProbeResult> {
  const { out, err } = await runCommand(["probe", legacy, candidate, "--json"]);
  if (out === "") throw new Error(`probe: ${err}`);
  return JSON.parse(out) as ProbeResult;
}

export interface Migrated {
  readonly verdict: Verdict;
  readonly pairs: number;
  readonly steps: readonly StepSeen[];
  readonly clients: string;
}

export interface StepSeen {
  readonly weight: number;
  readonly seconds: number;
}

export async function migrated(arms: DynamoArms, options: RunOptions): Promise<Migrated> {
  return withClients(planFiles(arms, { name: "to-dynamo", shadow: true }), async (plan) => {
    await start(plan, "to-dynamo", options);
    const judged = await plan.until(
      ({ shadow, plan: { phase } }) => shadow?.verdict !== undefined || over(phase),
      120_000,
    );
    const verdict = judged.shadow?.verdict;
    if (verdict === undefined) throw new Error(`no verdict: ${JSON.stringify(judged.plan)}`);
    options.log(`verdict ${verdict.verdict}: ${verdict.reasons.join("; ")}`);
    // Random text is not the legacy's: the verdict says so, and a person passes it.
    if (verdict.verdict !== "PROCEED")
      await plan.migrate("promote", "to-dynamo", "--force", "--reason", "mock workers");
    const steps = await climbed(plan, options.log);
    return { verdict, pairs: judged.shadow?.pairs ?? 0, steps };
  });
}

async function climbed(plan: SteeredPlan, log: RunOptions["log"]): Promise<readonly StepSeen[]> {
  const steps: StepSeen[] = [];
  const started = Date.now();
  const end = await plan.until((now) => {
    if (now.plan.weight > (steps.at(-1)?.weight ?? 0)) {
      steps.push({ weight: now.plan.weight, seconds: (Date.now() - started) / 1000 });
      log(`${now.plan.weight * 100} %`);
    }
    return over(now.plan.phase);
  }, 300_000);
  if (end.plan.phase !== "completed") throw new Error(`${end.plan.phase}: ${end.plan.ended?.reasons.join("; ")}`);
  return steps;
}

export interface Killed {
  readonly reasons: readonly string[];
  /** From the kill to all traffic on the legacy arm. */
  readonly seconds: number;
  readonly candidateErrors: number;
  readonly clients: string;
}

export async function killed(arms: DynamoArms, options: RunOptions & { readonly kill: () => void }): Promise<Killed> {
  return withClients(planFiles(arms, { name: "and-back", shadow: false, staysAt: 0.5 }), async (plan) => {
    await start(plan, "and-back", options);
    await plan.until(({ share }) => share.weight === 0.5 && share.candidate >= 100, 120_000);
    const at = Date.now();
    options.kill();
    options.log("its mock workers are killed at 50 %");
    const end = await plan.until(({ plan: { phase } }) => over(phase), 120_000);
    if (end.plan.phase !== "rolled-back") throw new Error(`the plan is ${end.plan.phase}`);
    const seconds = ((end.plan.ended?.at ?? 0) - at) / 1000;
    options.log(`rolled back after ${seconds.toFixed(1)} s: ${end.plan.ended?.reasons.join("; ")}`);
    return { reasons: end.plan.ended?.reasons ?? [], seconds, candidateErrors: errorsOf(end) };
  });
}

function errorsOf({ plan }: MigrationStatus): number {
  return plan.progress.candidate.errors;
}

async function start(plan: SteeredPlan, name: string, { overrides }: RunOptions): Promise<void> {
  const accepted = overrides.length === 0 ? [] : ["--override", ...overrides];
  const { code, err, out } = await plan.migrate("start", name, ...accepted);
  if (code !== 0) throw new Error(`migrate start: ${out}${err}`);
}

function over(phase: string): boolean {
  return phase === "completed" || phase === "rolled-back" || phase === "aborted" || phase === "draft";
}

const RATE = "60";
const NO_ERROR = /, 0 failed\)/;

/** Fails when one client saw an error. */
async function withClients<T>(
  files: readonly string[],
  act: (plan: SteeredPlan) => Promise<T>,
): Promise<T & { readonly clients: string }> {
  const plan = await steeredPlan(files);
  const load = ["bench", "--url", plan.gateway.data, "--model", "qwen", "--rate", RATE, "--requests", "200000"];
  // A single random token may be a part of a character, which shows nothing.
  const clients = startCommand([...load, "--input-tokens", "24", "--output-tokens", "4"]);
  let done: T | undefined;
  let seen = "";
  try {
    done = await act(plan);
  } finally {
    const { out, err } = await clients.stop("SIGINT");
    seen = out.split("\n")[0] ?? err;
    if (!NO_ERROR.test(seen)) process.stderr.write(`${out}${err}`);
    await plan.stop();
  }
  if (!NO_ERROR.test(seen)) throw new Error(`a client saw an error: ${seen}`);
  return { ...done, clients: seen.replace(/^requests +/, "") };
}
