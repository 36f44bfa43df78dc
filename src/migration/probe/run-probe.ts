// Preflight of a migration: asks both arms the same, within limits of time and requests.
import { type Clock, realClock } from "../../core/index.ts";
import { type ArmClient, armClient, brief, BudgetSpent, type ProbeArm, type ProbeBudget } from "./arm-client.ts";
import { CHECKS, type CheckPlan } from "./checks.ts";
import { seenStack } from "./check-identity.ts";
import { listedModels, mappedModel } from "./check-models.ts";
import type { KvEventListener, ProbeContext } from "./context.ts";
import type { ArmIdentity, CheckStatus, ProbeCheck, ProbeResult } from "./probe-check.ts";

export interface ProbeOptions {
  readonly legacy: ProbeArm;
  readonly candidate: ProbeArm;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Legacy name → candidate name. */
  readonly modelMap?: Readonly<Record<string, string>>;
  /** Legacy name of the model that is asked; default: its first. */
  readonly model?: string;
  readonly kvEvents?: KvEventListener;
  readonly disaggregated?: boolean;
  readonly expectIdentity?: string;
  readonly timeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly maxRequests?: number;
  readonly onCheck?: (check: ProbeCheck) => void;
}

export async function runProbe(options: ProbeOptions): Promise<ProbeResult> {
  const { clock = realClock } = options;
  const startedAt = clock.now();
  const budget: ProbeBudget = {
    requests: 0,
    maxRequests: options.maxRequests ?? 600,
    deadline: startedAt + (options.timeoutMs ?? 120_000),
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  };
  const client = (side: ArmClient["side"]): ArmClient =>
    armClient({ side, arm: options[side], fetch: options.fetch ?? fetch, budget, clock });
  const context: ProbeContext = {
    legacy: client("legacy"),
    candidate: client("candidate"),
    clock,
    mark: `probe-${clock.epoch().toString(36)}`,
    modelMap: options.modelMap ?? {},
    kvEvents: options.kvEvents,
    disaggregated: options.disaggregated ?? false,
    expectIdentity: options.expectIdentity,
  };
  const found = await probeArms(context, options).catch((thrown: unknown) => outOfTime(context, thrown));
  return { format: 1, ...found, requests: budget.requests, ms: Math.round(clock.now() - startedAt) };
}

const LIMIT_REACHED = "not judged: the probe's limit of time or requests was reached";

type Found = Omit<ProbeResult, "format" | "requests" | "ms">;

async function probeArms(context: ProbeContext, { model, onCheck }: ProbeOptions): Promise<Found> {
  const { legacy, candidate } = context;
  const [before, after] = await Promise.all([legacy.ask("/v1/models"), candidate.ask("/v1/models")]);
  const models = { legacy: listedModels(before.json), candidate: listedModels(after.json) };
  const silent = [
    ...(models.legacy.length === 0 ? [`legacy: ${brief(before)}`] : []),
    ...(models.candidate.length === 0 ? [`candidate: ${brief(after)}`] : []),
  ];
  legacy.model = model ?? models.legacy[0]?.id ?? "";
  candidate.model = mappedModel(context.modelMap, legacy.model);
  if (silent.length > 0) {
    const check = row({ id: "models", what: "both arms name their models", hard: true }, "fail", silent.join("; "));
    onCheck?.(check);
    return { ...summed([check], "unusable"), legacy: bare(legacy, []), candidate: bare(candidate, []) };
  }
  const stacks = { legacy: await seenStack(legacy), candidate: await seenStack(candidate) };
  const checks: ProbeCheck[] = [];
  for (const plan of CHECKS) {
    const check = await run(plan, { context, models, stacks });
    checks.push(check);
    onCheck?.(check);
  }
  const identity = (arm: "legacy" | "candidate"): ArmIdentity => {
    const { version, server, fingerprint } = stacks[arm];
    const base = bare(
      context[arm],
      models[arm].map(({ id }) => id),
    );
    return { ...base, ...defined({ version, server, fingerprint }) };
  };
  return { ...summed(checks), legacy: identity("legacy"), candidate: identity("candidate") };
}

/** The limit was reached before anything could be compared. */
function outOfTime({ legacy, candidate }: ProbeContext, thrown: unknown): Found {
  if (!(thrown instanceof BudgetSpent)) throw thrown;
  const check = row({ id: "models", what: "both arms answer", hard: true }, "fail", LIMIT_REACHED);
  return { ...summed([check], "unusable"), legacy: bare(legacy, []), candidate: bare(candidate, []) };
}

function summed(checks: readonly ProbeCheck[], outcome?: "unusable"): Pick<Found, "checks" | "failures" | "outcome"> {
  const failures = checks.filter(({ hard, status }) => hard && status === "fail").map(({ id }) => id);
  return { checks, failures, outcome: outcome ?? (failures.length > 0 ? "fail" : "pass") };
}

/** What could not be judged is no pass. */
async function run(plan: CheckPlan, given: Parameters<CheckPlan["run"]>[0]): Promise<ProbeCheck> {
  try {
    const { status, evidence } = await plan.run(given);
    return row(plan, status, evidence);
  } catch (thrown) {
    if (!(thrown instanceof BudgetSpent)) throw thrown;
    return row(plan, "fail", LIMIT_REACHED);
  }
}

function row({ id, what, hard }: Omit<CheckPlan, "run">, status: CheckStatus, evidence: string): ProbeCheck {
  return { id, what, status, hard, evidence };
}

function bare({ url }: ArmClient, models: readonly string[]): ArmIdentity {
  return { url, models };
}

function defined(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
