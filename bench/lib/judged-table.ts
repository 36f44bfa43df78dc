// Targets with what was measured and the verdict, as Markdown.
import { markdownTable } from "./markdown-table.ts";
import type { Judged } from "./verdict.ts";

export function judgedTable(judged: readonly Judged[]): string {
  const rows = judged.map((one) => [one.target, `≤ ${one.limit} ${one.unit}`, measured(one), `**${one.verdict}**`]);
  return markdownTable(["target", "limit", "measured (95 % interval)", "verdict"], rows);
}

function measured({ value, unit }: Judged): string {
  const { median, low, high, count } = value;
  if (count === 1) return `${text(median)} ${unit}`;
  const interval =
    low === undefined || high === undefined ? `${count} rounds: too few for one` : `${text(low)} … ${text(high)}`;
  return `${text(median)} ${unit} (${interval})`;
}

function text(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
