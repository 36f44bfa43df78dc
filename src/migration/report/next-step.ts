// What happens next in a migration, by itself or by whose command.
import type { MigrationStatus } from "../status.ts";
import { durationText, timeText } from "./words.ts";

export function nextStepText(status: MigrationStatus): string {
  const { plan, at } = status;
  const { name } = plan;
  const waitsFor = new Set(plan.blockers.map(({ kind }) => kind));
  if (waitsFor.has("paused")) return `switchgear migrate resume ${name}`;
  if (waitsFor.has("approval")) return `switchgear migrate promote ${name}`;
  if (plan.nextAt !== undefined) return `${timeText(plan.nextAt)}, in ${durationText(plan.nextAt - at)}`;
  switch (plan.phase) {
    case "draft":
      return `switchgear migrate start ${name}`;
    case "preflight":
      return "the probe of both arms ends within minutes";
    case "shadowing":
      return afterShadow(status);
    case "rolled-back":
    case "aborted":
      return `when the cause is mended: switchgear migrate rearm ${name}; what happened: switchgear migrate report ${name}`;
    case "completed":
      return "nothing: the candidate serves everything";
    default:
      return "by itself, once nothing above is waited for";
  }
}

function afterShadow({ plan, shadow, at }: MigrationStatus): string {
  if (plan.blockers.some(({ kind, hold }) => kind === "verdict" && hold))
    return `a person decides: switchgear migrate promote ${plan.name} --force, or abort`;
  const due = shadow?.verdictAt;
  if (due === undefined || due <= at) return "the verdict, once there are enough pairs";
  return `the verdict, at the earliest ${timeText(due)}, in ${durationText(due - at)}`;
}
