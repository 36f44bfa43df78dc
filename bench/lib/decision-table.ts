// Decision times as Markdown.
import type { DecisionReport, TimeSpread } from "./decision-time.ts";
import { markdownTable } from "./markdown-table.ts";

export function decisionTable(report: DecisionReport): string {
  const { workers, tokens, blocks, decisions } = report;
  const row = (name: string, time: TimeSpread, alone?: TimeSpread) => [
    name,
    ...spread(time),
    alone === undefined ? "–" : alone.p99Us.toFixed(0),
  ];
  const rows = [
    row("index look-up alone", report.indexLookUp),
    ...Object.entries(report.policies).map(([name, time]) => row(name, time, report.policyAlone[name])),
  ];
  const head = ["", "mean µs", "p50 µs", "p99 µs", "policy alone, p99 µs"];
  return `${workers} workers, a prompt of ${tokens} tokens (${blocks} blocks, hashes ready), ${decisions} decisions each:\n\n${markdownTable(head, rows)}`;
}

function spread({ meanUs, p50Us, p99Us }: TimeSpread): string[] {
  return [meanUs, p50Us, p99Us].map((us) => us.toFixed(0));
}
