// Results as one self-contained HTML page with plots; opens offline.
import { escapeHtml, type Series, svgPlot } from "../workload/index.ts";
import { resultTable, workerTable } from "./result-table.ts";
import type { VariantResult } from "./sweep.ts";

export interface ResultPage {
  readonly title: string;
  /** How it was run, as typed. */
  readonly command: string;
  readonly variants: readonly VariantResult[];
}

export function resultPage({ title, command, variants }: ResultPage): string {
  const plots = [
    svgPlot({
      title: "TTFT percentiles",
      xLabel: "ms",
      yLabel: "share",
      style: "line",
      series: variants.map((one) => cumulative(one, "ttftMs")),
    }),
    svgPlot({
      title: "TPOT percentiles",
      xLabel: "ms",
      yLabel: "share",
      style: "line",
      series: variants.map((one) => cumulative(one, "tpotMs")),
    }),
    svgPlot({
      title: "Requests per worker",
      xLabel: "worker",
      yLabel: "requests",
      style: "points",
      series: variants.map(perWorker),
    }),
  ];
  const tables = variants.flatMap(({ name, results }) =>
    results.slice(0, 1).map((one) => `<h2>${escapeHtml(name)}</h2><pre>${escapeHtml(workerTable(one))}</pre>`),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:14px sans-serif;margin:2em;max-width:100em}pre{overflow-x:auto}</style>
<h1>${escapeHtml(title)}</h1><p><code>${escapeHtml(command)}</code></p>
<pre>${escapeHtml(resultTable(variants))}</pre>${plots.join("\n")}${tables.join("\n")}</html>
`;
}

/** Of the first seed. */
function cumulative({ name, results }: VariantResult, metric: "ttftMs" | "tpotMs"): Series {
  const one = results[0]?.summary[metric];
  if (one === undefined) return { name, points: [] };
  const { p50, p75, p90, p95, p99, p999 } = one;
  return {
    name,
    points: [
      [p50, 0.5],
      [p75, 0.75],
      [p90, 0.9],
      [p95, 0.95],
      [p99, 0.99],
      [p999, 0.999],
    ],
  };
}

function perWorker({ name, results }: VariantResult): Series {
  return { name, points: (results[0]?.workers ?? []).map(({ requests }, i) => [i, requests] as const) };
}
