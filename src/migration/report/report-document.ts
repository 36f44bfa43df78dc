// A migration report as a document, and as JSON with the seed's report under `seed`.
import type { MigrationReport } from "../status.ts";
import type { Verdict } from "../verdict/judge-pairs.ts";
import { NO_SHADOW_DATA } from "../verdict/seed-report.ts";
import type { ReportDocument } from "./document.ts";
import { statusSections } from "./status-sections.ts";
import { textSections } from "./text-sections.ts";
import { trailSections } from "./trail-sections.ts";
import { verdictSections } from "./verdict-sections.ts";
import { timeText } from "./words.ts";

export function reportDocument(report: MigrationReport): ReportDocument {
  const { status, release, planHash, at } = report;
  return {
    title: `Migration ${status.plan.name}`,
    subtitle: `${status.arms.legacy.where} → ${status.arms.candidate.where}; ${timeText(at)}; switchgear ${release}; plan ${planHash.slice(0, 12)}`,
    banner: banner(report),
    sections: [
      ...statusSections(status),
      ...verdictSections({ verdict: verdictOf(report), shadow: status.shadow }),
      ...textSections(report),
      ...trailSections(report),
    ],
  };
}

function banner({ status: { plan } }: MigrationReport): ReportDocument["banner"] {
  const why = plan.ended === undefined ? "" : `: ${plan.ended.reasons.join("; ")}`;
  if (plan.phase === "completed") return { text: "completed", tone: "good" };
  if (plan.phase === "rolled-back" || plan.phase === "aborted") return { text: `${plan.phase}${why}`, tone: "bad" };
  return { text: plan.phase, tone: "open" };
}

function verdictOf({ verdict, status }: MigrationReport): Verdict | undefined {
  return verdict ?? status.shadow?.verdict;
}

export interface JsonReport extends MigrationReport {
  readonly seed: Verdict["seed"];
}

export function reportJson(report: MigrationReport): JsonReport {
  return { ...report, seed: verdictOf(report)?.seed ?? NO_SHADOW_DATA };
}
