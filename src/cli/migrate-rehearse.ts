// `migrate rehearse`: what a plan would do, by the shipped state machine on a virtual clock.
import { realClock, SwitchgearError } from "../core/index.ts";
import {
  type ArmBehaviour,
  makePlan,
  type MigrationPlan,
  type Rehearsal,
  rehearsalReport,
  rehearse,
} from "../migration/index.ts";
import { VERSION } from "../version.ts";
import type { MigrateFlags } from "./migrate.ts";
import { writeReport } from "./run-migrate.ts";

/** The exit code: 0 it completes, 1 it rolls back, 3 it is held. */
export async function runRehearsal(file: string | undefined, flags: MigrateFlags): Promise<number> {
  const plan = await planOf(file, flags);
  const { legacy, candidate } = armsOf(flags);
  const rehearsal = rehearse({
    plan,
    requestsPerSecond: flags.rate,
    legacy,
    candidate: flags.failsAt > 0 ? legacy : candidate,
    changesAt: flags.failsAt,
    changed: candidate,
    seed: flags.seed,
    startAt: realClock.epoch(),
  });
  if (flags.output !== undefined || flags.json) writeReport(rehearsalReport(rehearsal, VERSION), flags);
  if (!flags.json) process.stdout.write(storyText(rehearsal));
  if (rehearsal.state.phase === "completed") return 0;
  return rehearsal.state.phase === "rolled-back" ? 1 : 3;
}

function armsOf(flags: MigrateFlags): { readonly legacy: ArmBehaviour; readonly candidate: ArmBehaviour } {
  const legacy = { errorRate: flags.legacyError, timeoutRate: 0, ttftP99Ms: flags.legacyTtftMs };
  return {
    legacy,
    candidate: {
      ...legacy,
      errorRate: flags.candidateError ?? legacy.errorRate,
      ttftP99Ms: flags.candidateTtftMs ?? legacy.ttftP99Ms,
    },
  };
}

/** A plan between two endpoints: its own SLO or none. */
const NO_SLO = { ttftP99Ms: undefined, itlP99Ms: undefined, availabilityTarget: undefined };

/** The horizon of the false-alarm budget is that of the rehearsed rate. */
async function planOf(file: string | undefined, { rate, legacyTtftMs }: MigrateFlags): Promise<MigrationPlan> {
  if (file === undefined) {
    const ttft = { baselineMs: legacyTtftMs };
    return makePlan({ name: "the-seeds-schedule", requestsPerSecond: rate, ttft });
  }
  const [{ loadConfiguration }, { migrationPlan }] = await Promise.all([
    import("../config/index.ts"),
    import("../app/index.ts"),
  ]);
  const { plans, deployments } = loadConfiguration([file]);
  const [only] = plans;
  if (only === undefined || plans.length > 1) {
    const expected = "a file with one MigrationPlan";
    throw new SwitchgearError("SWG_USAGE", "nothing to rehearse", { where: file, expected, value: plans.length });
  }
  const schedule = { ...only.schedule, requestsPerSecond: rate };
  const rollback = { ...only.rollback, baselineTtftMs: only.rollback.baselineTtftMs ?? legacyTtftMs };
  return migrationPlan({ ...only, schedule, rollback }, { client: deployments[0] ?? { slo: NO_SLO }, deployments });
}

function storyText({ state, story, at, history, candidateRequests, candidateErrors }: Rehearsal): string {
  const start = history[0]?.at ?? at;
  const lines = story.map((one) => `${clockText(one.at - start)}  ${one.text}`);
  const served = `the candidate would have served ${candidateRequests} requests; ${candidateErrors} of them fail`;
  const end = state.phase === "completed" || state.phase === "rolled-back" ? state.phase : `held while ${state.phase}`;
  return `${[...lines, `${clockText(at - start)}  ${end}: ${served}`].join("\n")}\n`;
}

/** Days, hours and minutes of the plan. */
function clockText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `day ${String(days + 1).padStart(2)} ${two(hours)}:${two(minutes % 60)}`;
}
