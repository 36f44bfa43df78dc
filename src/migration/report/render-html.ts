// A report document as one HTML page with plots: no script, nothing from outside, opens offline.
import { escapeHtml, svgPlot } from "../../workload/index.ts";
import type { ReportDocument, ReportMeter, ReportSection, ReportTable } from "./document.ts";

/** The page may not fetch or run anything, whatever text gets into it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#111}
h1{margin-bottom:.1em}h2{margin-top:1.6em;font-size:1.15em}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #d4d4d8;padding:.2em .6em;text-align:left}
pre{background:#f4f4f5;padding:.8em;overflow-x:auto}svg{max-width:48em;width:100%}
.banner{padding:.6em 1em;border-radius:.3em;font-weight:600}
.good{background:#dcfce7}.bad{background:#fee2e2}.open{background:#e0f2fe}
.meter{background:#e4e4e7;height:.8em;max-width:30em}.meter i{display:block;height:100%;background:#2563eb}.meter .high{background:#dc2626}`;

export function renderHtml({ title, subtitle, banner, sections }: ReportDocument): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1><p>${escapeHtml(subtitle)}</p>
<p class="banner ${banner.tone}">${escapeHtml(banner.text)}</p>
${sections.map(section).join("\n")}
</body></html>
`;
}

function section({ title, lines = [], table, plot, meters = [], code }: ReportSection): string {
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    lines.length === 0 ? "" : `<ul>${lines.map((one) => `<li>${escapeHtml(one)}</li>`).join("")}</ul>`,
    table === undefined || table.rows.length === 0 ? "" : tableHtml(table),
    meters.map(meterHtml).join(""),
    plot === undefined ? "" : svgPlot(plot),
    code === undefined ? "" : `<pre>${escapeHtml(code)}</pre>`,
  ].join("");
}

function tableHtml({ head, rows }: ReportTable): string {
  const row = (cells: readonly string[], tag: "td" | "th"): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${row(head, "th")}${rows.map((cells) => row(cells, "td")).join("")}</table>`;
}

function meterHtml({ name, way, text }: ReportMeter): string {
  const width = (100 * Math.min(1, Math.max(0, way))).toFixed(1);
  const level = way >= 0.5 ? ' class="high"' : "";
  return `<p>${escapeHtml(name)}: ${width} %. ${escapeHtml(text)}</p><div class="meter"><i${level} style="width:${width}%"></i></div>`;
}
