// The plan that a log was begun with beside what its file says now: a draft is renewed, a running plan goes on as it was.
import { isDeepStrictEqual } from "node:util";
import { LOG_FORMAT } from "./log-codec.ts";
import { openPlanLog, type PlanLog } from "./log-file.ts";
import type { MigrationPlan } from "./plan.ts";
import { replay } from "./replay.ts";

/** Undefined for an empty log. */
export function begunPlan({ records }: Pick<PlanLog, "records">): MigrationPlan | undefined {
  const begun = records.find((one) => one.kind !== "event");
  if (begun === undefined) return undefined;
  return begun.kind === "plan" ? begun.plan : begun.state.plan;
}

/** As `openPlanLog`; a plan that nobody has started yet is the one of the file, whatever it was before. */
export function openLogOf(path: string, plan: MigrationPlan, at: number): PlanLog {
  const log = openPlanLog(path);
  if (replay(log.records)?.phase !== "draft" || editedParts(log, plan).length === 0) return log;
  log.restart({ kind: "plan", format: LOG_FORMAT, at, plan });
  log.close();
  return openPlanLog(path);
}

/** What the file says otherwise than the plan that was begun, and is not over: names of its parts. */
export function editedParts(log: Pick<PlanLog, "records">, plan: MigrationPlan): readonly string[] {
  const begun = begunPlan(log);
  const phase = replay(log.records)?.phase;
  if (begun === undefined || phase === "completed") return [];
  const [before, now] = [plain(begun), plain(plan)];
  return Object.keys(now).filter((part) => part in before && !isDeepStrictEqual(before[part], now[part]));
}

/** As a log has it; a baseline that was measured is no edit, nor are horizons, which follow from the steps. */
function plain({ rollback, ...rest }: MigrationPlan): Readonly<Record<string, unknown>> {
  const { ttft: _, horizonRequests: __, horizonIntervals: ___, ...others } = rollback;
  return JSON.parse(JSON.stringify({ ...rest, rollback: others })) as Record<string, unknown>;
}
