// A load run as one self-contained HTML page: table and plots, opens offline.
import { loadTable } from "./load-table.ts";
import type { LoadSummary } from "./load-summary.ts";
import type { RequestSample } from "./request-sample.ts";
import { escapeHtml, type Series, svgPlot } from "./svg-plot.ts";

export interface LoadReport {
  readonly title: string;
  /** How it was run, as typed. */
  readonly command: string;
  readonly summary: LoadSummary;
  readonly samples: readonly RequestSample[];
}

export function loadReport({ title, command, summary, samples }: LoadReport): string {
  const ok = samples.filter((one) => one.firstTokenAt !== undefined && one.lastTokenAt !== undefined);
  const ttft = ok.map((one) => (one.firstTokenAt ?? 0) - one.sentAt);
  const e2e = ok.map((one) => (one.lastTokenAt ?? 0) - one.sentAt);
  const overTime = ok.map((one, i) => [one.sentAt / 1000, ttft[i] ?? 0] as const);
  const plots = [
    svgPlot({
      title: "TTFT distribution",
      xLabel: "ms",
      yLabel: "share",
      style: "line",
      series: [cumulative("TTFT", ttft)],
    }),
    svgPlot({
      title: "ITL distribution",
      xLabel: "ms",
      yLabel: "share",
      style: "line",
      series: [
        cumulative(
          "ITL",
          ok.flatMap((one) => one.gaps),
        ),
      ],
    }),
    svgPlot({
      title: "E2E distribution",
      xLabel: "ms",
      yLabel: "share",
      style: "line",
      series: [cumulative("E2E", e2e)],
    }),
    svgPlot({
      title: "TTFT over time",
      xLabel: "s since the start",
      yLabel: "ms",
      style: "points",
      series: [{ name: "TTFT", points: overTime }],
    }),
    svgPlot({
      title: "Requests in flight",
      xLabel: "s since the start",
      yLabel: "requests",
      style: "line",
      series: [inFlight(samples)],
    }),
  ];
  return page(
    title,
    `<p><code>${escapeHtml(command)}</code></p><pre>${escapeHtml(loadTable(summary))}</pre><main>${plots.join("")}</main>`,
  );
}

function cumulative(name: string, values: readonly number[]): Series {
  const sorted = Float64Array.from(values).sort();
  return { name, points: Array.from(sorted, (value, i) => [value, (i + 1) / sorted.length] as const) };
}

function inFlight(samples: readonly RequestSample[]): Series {
  const changes = samples.flatMap((one): [number, number][] => [
    [one.sentAt, 1],
    [one.lastTokenAt ?? one.sentAt, -1],
  ]);
  changes.sort((a, b) => a[0] - b[0]);
  let running = 0;
  return { name: "in flight", points: changes.map(([at, change]) => [at / 1000, (running += change)] as const) };
}

function page(title: string, body: string): string {
  const style =
    "body{font:14px system-ui,sans-serif;margin:24px;color:#111}main{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:16px}" +
    "svg{width:100%;border:1px solid #e5e7eb;border-radius:6px}pre{background:#f8fafc;padding:12px;overflow:auto}text{fill:currentColor}";
  const name = escapeHtml(title);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><style>${style}</style><h1>${name}</h1>${body}</html>\n`;
}
