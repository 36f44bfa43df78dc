// docs/reference/metrics.md, made from the metric table.
import { METRICS, type MetricEntry } from "./metric-table.ts";

export function metricsDoc(): string {
  const entries: readonly MetricEntry[] = Object.values(METRICS);
  return [
    "# Metrics",
    "",
    "Generated from src/telemetry/tables/ by `npm run docs`. All are served at `/metrics` on the Prometheus port.",
    "Label values are bounded: model names are those of the deployment (`unknown` for any other), workers are the fleet's.",
    "",
    "| name | kind | labels | meaning |",
    "|---|---|---|---|",
    ...entries.map((entry) => `| \`${entry.name}\` | ${entry.kind} | ${labelList(entry)} | ${entry.help} |`),
    "",
    "## Buckets",
    "",
    ...entries.flatMap((entry) => (entry.buckets ? [`- \`${entry.name}\`: ${entry.buckets.join(", ")}`] : [])),
    "",
  ].join("\n");
}

function labelList(entry: MetricEntry): string {
  return entry.labels.map((label) => `\`${label}\``).join(", ") || "–";
}
