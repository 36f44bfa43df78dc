// Chapters two and three: a migration that completes, and one that goes back by itself.
import { join } from "node:path";
import type { MigrationStatus } from "../../src/migration/index.ts";
import { runCommand } from "../lib/cli-command.ts";
import { type SteeredPlan, steeredPlan } from "../lib/steered-plan.ts";
import { type LegacyServer, legacyServer, setFaults } from "./legacy.ts";
import { planText } from "./plan-text.ts";
import { chapter, must, said, typed } from "./story.ts";
import { traffic, type TrafficTokens } from "./traffic.ts";

export interface Stage {
  readonly folder: string;
  readonly fleet: string;
  /** Beside the probe that `migrate start` runs. */
  readonly probes: boolean;
  readonly rate: number;
  readonly minPairs: number;
  readonly weights: readonly number[] | undefined;
  readonly timeScale: number;
  readonly legacy: {
    readonly speed: number;
    /** Added to every answer that clients get. */
    readonly latencyMs: number;
  };
  /** Of each request. */
  readonly tokens: TrafficTokens;
}

export async function completes(stage: Stage): Promise<void> {
  if (stage.probes) await probed(stage);
  chapter("The migration: copies of the traffic first, then its sessions, on a faster clock.");
  await migration(stage, { name: "to-fleet", shadow: true }, async (running) => {
    await checked(running);
    await underTraffic(running, async ({ plan }) => {
      await shifted(plan);
      await plan.migrate("report", "to-fleet", "--format", "html", "-o", join(stage.folder, "completed.html"));
    });
  });
}

interface Running {
  readonly stage: Stage;
  readonly name: string;
  readonly legacy: LegacyServer;
  readonly plan: SteeredPlan;
}

async function migration(
  stage: Stage,
  { name, shadow }: { readonly name: string; readonly shadow: boolean },
  run: (running: Running) => Promise<void>,
): Promise<void> {
  const legacy = await legacyServer(stage.legacy.speed);
  try {
    const plan = await steeredPlan([stage.fleet, planText({ ...stage, name, shadow, legacyUrl: legacy.url })]);
    try {
      await run({ stage, name, legacy, plan });
    } finally {
      await plan.stop();
    }
  } finally {
    await legacy.stop();
  }
}

/** None of the clients may have seen an error at the end. */
async function underTraffic(running: Running, run: (running: Running) => Promise<void>): Promise<void> {
  const clients = traffic(running.plan.gateway.data, running.stage);
  try {
    await run(running);
    await clients.end();
  } finally {
    await clients.stop();
  }
}

/** Two hundred questions of the preflight need no slow answers: what it takes is asked, not how fast. */
async function checked({ stage, name, legacy, plan }: Running): Promise<void> {
  typed(["migrate", "start", name]);
  const { code, out, err } = await plan.migrate("start", name, "--actor", "demo");
  must(code === 0, `migrate start: ${out}${err}`);
  await plan.until(({ plan: { phase } }) => phase !== "preflight", 150_000);
  await legacy.slowed(stage.legacy.latencyMs);
}

function probed(stage: Stage): Promise<void> {
  chapter("Does the fleet take everything that today's server takes?");
  return migration(stage, { name: "probe-only", shadow: false }, async ({ legacy, plan }) => {
    const args = ["probe", legacy.url, plan.gateway.data];
    typed(args);
    const { code, out, err } = await runCommand(args);
    said(out.trimEnd().split("\n").slice(-6).join("\n"));
    must(code === 0, `probe: ${out}${err}`);
  });
}

async function shifted(plan: SteeredPlan): Promise<void> {
  const judged = await plan.until(isJudged, 150_000);
  said(`shadow verdict ${judged.plan.verdict?.verdict}: ${judged.plan.verdict?.reasons.join("; ")}`);
  said(`${judged.shadow?.pairs} pairs, ${judged.shadow?.repeats} repeats of the legacy`);
  must(judged.plan.verdict?.verdict === "PROCEED", `the verdict is ${JSON.stringify(judged.shadow?.verdict?.gates)}`);
  let told = 0;
  const over = await plan.until((now) => {
    if (now.plan.weight > told) said(stepText(now));
    told = Math.max(told, now.plan.weight);
    return ended(now.plan.phase);
  }, 200_000);
  must(over.plan.phase === "completed", `the plan ended as ${over.plan.phase}: ${over.plan.ended?.reasons.join("; ")}`);
  said("completed: the fleet serves all sessions");
}

/** Too little data is no answer: the next look comes by itself. */
function isJudged({ plan: { phase, verdict } }: MigrationStatus): boolean {
  return (verdict !== undefined && verdict.verdict !== "INSUFFICIENT_DATA") || ended(phase) || phase === "draft";
}

/** From this weight on the candidate fails. */
const FAILS_AT = 0.25;

export async function goesBack(stage: Stage): Promise<void> {
  chapter(`Another release of the fleet: it fails a third of its requests from ${FAILS_AT * 100} % on.`);
  const weights = [0.1, FAILS_AT, 0.5, 1];
  await migration({ ...stage, weights }, { name: "next-release", shadow: false }, (running) =>
    underTraffic(running, async ({ plan }) => {
      await checked(running);
      await rolledBack(plan);
      await plan.migrate("report", "next-release", "--format", "html", "-o", join(stage.folder, "rolled-back.html"));
    }),
  );
}

async function rolledBack(plan: SteeredPlan): Promise<void> {
  const reached = await plan.until(({ plan: { phase, weight } }) => weight >= FAILS_AT || ended(phase), 90_000);
  said(stepText(reached));
  const faultAt = Date.now();
  await failing(plan);
  const back = await plan.until(({ plan: { phase } }) => ended(phase), 60_000);
  must(back.plan.phase === "rolled-back", `the plan is ${back.plan.phase}`);
  const seconds = ((back.plan.ended?.at ?? 0) - faultAt) / 1000;
  said(`ROLLBACK TRIGGERED after ${seconds.toFixed(1)} s: ${back.plan.ended?.reasons.join("; ")}`);
  said("ROLLBACK COMPLETE: all traffic is the legacy's again, the plan is latched");
  must(back.plan.weight === 0, "the weight is 0");
}

/** The simulated workers are told to fail; the gateway learns of it as of any failure. */
async function failing(plan: SteeredPlan): Promise<void> {
  const workers = await plan.workers("migrated-from-vllm");
  must(workers.length > 0, "the fleet has workers");
  for (const origin of workers) await setFaults(origin, { errors: [{ kind: "500", rate: 0.33 }] });
}

function ended(phase: string): boolean {
  return phase === "completed" || phase === "rolled-back" || phase === "aborted";
}

function stepText({ plan, share }: MigrationStatus): string {
  const set = `${Number((plan.weight * 100).toPrecision(3))} %`;
  return `step ${plan.step?.number} of ${plan.step?.of}: ${set} (${share.candidate} of ${share.sessions} sessions so far)`;
}
