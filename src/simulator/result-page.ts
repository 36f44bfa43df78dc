// Results as one self-contained HTML page with plots; opens offline.
import { escapeHtml, type Series, svgPlot } from "../workload/offline.ts";
import type { SimulationReport } from "./report.ts";
import { reportText } from "./report-text.ts";
import { resultTable, workerTable } from "./result-table.ts";
import type { SimulationResult } from "./simulation-result.ts";
import type { VariantResult } from "./sweep.ts";
import { sweepPlots } from "./sweep-plots.ts";

export interface ResultPage {
  readonly title: string;
  /** How it was run, as typed. */
  readonly command: string;
  readonly report: SimulationReport;
}

/** More variants than this make plots of all unreadable; of a sweep the other plots tell more. */
const MOST_DETAILED = 12;

export function resultPage({ title, command, report }: ResultPage): string {
  const { variants, partial, knees } = report;
  const note = partial ? "<p><strong>Ended early: what follows is a part of the run.</strong></p>" : "";
  const text = [...reportText(report), ...(knees === undefined ? [] : [resultTable(variants)])].join("\n\n");
  const detailed = variants.slice(0, MOST_DETAILED);
  const plots = [...sweepPlots(variants), ...overall(detailed)];
  const details = detailed.flatMap(({ name, results }) =>
    results.slice(0, 1).map((one) => `<h2>${escapeHtml(name)}</h2>${detailsOf(one)}`),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1><p><code>${escapeHtml(command)}</code></p>${note}
<pre>${escapeHtml(text)}</pre>${shownText(variants)}<main>${plots.join("\n")}</main>${details.join("\n")}</html>
`;
}

const STYLE =
  "body{font:14px system-ui,sans-serif;margin:24px;color:#111}pre{background:#f8fafc;padding:12px;overflow:auto}" +
  "main{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:16px}" +
  "svg{width:100%;border:1px solid #e5e7eb;border-radius:6px}text{fill:currentColor}";

/** What the plots over time and the distributions leave out. */
function shownText(variants: readonly VariantResult[]): string {
  const seeds = Math.max(...variants.map(({ results }) => results.length));
  const parts = [
    ...(seeds > 1 ? [`of the first of ${seeds} seeds`] : []),
    ...(variants.length > MOST_DETAILED ? [`of the first ${MOST_DETAILED} of ${variants.length} runs`] : []),
  ];
  return parts.length === 0 ? "" : `<p>Plots are ${parts.join(" and ")}; goodput is over all.</p>`;
}

/** Of the first seed of each variant. */
function overall(variants: readonly VariantResult[]): string[] {
  const each = (of: (result: SimulationResult) => Series["points"]): Series[] =>
    variants.map(({ name, results }) => ({ name, points: results[0] ? of(results[0]) : [] }));
  return [
    line(
      "TTFT CDF",
      ["ms", "share of requests"],
      each(({ ttftCdf }) => ttftCdf),
    ),
    line(
      "TPOT CDF",
      ["ms", "share of requests"],
      each(({ tpotCdf }) => tpotCdf),
    ),
    line(
      "Requests without a token yet",
      ["s", "requests"],
      each((one) => overTime(one, one.series.queue)),
    ),
    line(
      "Hit rate over time",
      ["s", "cached share of prompt tokens"],
      each((one) => overTime(one, one.series.hitRate)),
    ),
  ];
}

function detailsOf(result: SimulationResult): string {
  const { workers, load } = result.series;
  const all = [
    { name: "mean", load: load.mean },
    { name: "most", load: load.most },
  ];
  const series = (workers.length === 0 ? all : workers.map((one) => ({ name: one.id, load: one.load }))).map((one) => ({
    name: one.name,
    points: overTime(result, one.load),
  }));
  const plot = line("Load per worker over time", ["s", "requests on the worker"], series);
  return `<main>${plot}</main><pre>${escapeHtml(workerTable(result))}</pre>`;
}

/** At the middle of each bin. */
function overTime({ series: { stepMs } }: SimulationResult, values: readonly (number | null)[]): Series["points"] {
  return values.flatMap((value, bin) => (value === null ? [] : [[((bin + 0.5) * stepMs) / 1000, value] as const]));
}

function line(title: string, [xLabel, yLabel]: readonly [string, string], series: readonly Series[]): string {
  return svgPlot({ title, xLabel, yLabel, style: "line", series });
}
