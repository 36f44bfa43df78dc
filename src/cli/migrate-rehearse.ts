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
import { planSettings } from "./migrate-plan.ts";
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

/** The horizon of the false-alarm budget is that of the rehearsed rate. */
async function planOf(file: string | undefined, { rate, legacyTtftMs }: MigrateFlags): Promise<MigrationPlan> {
  const common = { requestsPerSecond: rate, ttft: { baselineMs: legacyTtftMs } };
  if (file === undefined) return makePlan({ name: "the-seeds-schedule", ...common });
  const { loadConfiguration } = await import("../config/index.ts");
  const { plans } = loadConfiguration([file]);
  const [only] = plans;
  if (only === undefined || plans.length > 1) {
    const expected = "a file with one MigrationPlan";
    throw new SwitchgearError("SWG_USAGE", "nothing to rehearse", { where: file, expected, value: plans.length });
  }
  const settings = planSettings(only);
  return makePlan({ ...settings, ...common, ttft: { ...settings.ttft, ...common.ttft } });
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
