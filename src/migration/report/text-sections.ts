// Texts of pairs in a report: only of a plan that keeps them.
import type { MigrationReport } from "../status.ts";
import type { ReportSection } from "./document.ts";
import { timeText } from "./words.ts";

const LONGEST = 300;

export function textSections({ texts }: Pick<MigrationReport, "texts">): readonly ReportSection[] {
  if (texts === undefined) return [];
  const rows = texts.map(({ at, kind, equal, prompt, primary, shadow }) => [
    timeText(at),
    kind,
    equal ? "equal" : "different",
    ...[prompt, primary, shadow].map(short),
  ]);
  return [
    {
      title: "Texts of the last pairs",
      lines: [`The plan keeps texts; ${texts.length} are shown, masked and shortened.`],
      table: { head: ["time", "kind", "answers", "prompt", "legacy", "shadow"], rows },
    },
  ];
}

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
