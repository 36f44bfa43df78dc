// A report document as Markdown; plots become tables of their points.
import type { PlotOptions } from "../../workload/index.ts";
import type { ReportDocument, ReportMeter, ReportSection, ReportTable } from "./document.ts";
import { numberText, percentText } from "./words.ts";

export function renderMarkdown({ title, subtitle, banner, sections }: ReportDocument): string {
  const parts = [`# ${escape(title)}`, escape(subtitle), `**${escape(banner.text)}**`, ...sections.flatMap(section)];
  return `${parts.join("\n\n")}\n`;
}

function section({ title, lines, table, plot, meters, code }: ReportSection): readonly string[] {
  return [
    `## ${escape(title)}`,
    ...(lines === undefined || lines.length === 0 ? [] : [lines.map((one) => `- ${escape(one)}`).join("\n")]),
    ...(table === undefined || table.rows.length === 0 ? [] : [tableText(table)]),
    ...(meters === undefined ? [] : [meters.map(meterText).join("\n")]),
    ...(plot === undefined ? [] : [plotText(plot)]),
    ...(code === undefined ? [] : [code.replaceAll(/^/gm, "    ")]),
  ];
}

function tableText({ head, rows }: ReportTable): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(escape).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

function meterText({ name, way, text }: ReportMeter): string {
  return `- ${escape(name)}: ${percentText(way)} of the way. ${escape(text)}`;
}

const MAX_ROWS = 40;

function plotText({ xLabel, yLabel, series }: PlotOptions): string {
  const rows = series.flatMap(({ name, points }) => {
    const step = Math.max(1, Math.ceil(points.length / MAX_ROWS));
    return points.flatMap(([x, y], i) => (i % step === 0 ? [[name, numberText(x), numberText(y)]] : []));
  });
  return tableText({ head: ["series", xLabel, yLabel], rows });
}

/** Text of others (names, reasons) must not become markup. */
function escape(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#!]/g, (mark) => `\\${mark}`).replaceAll(/\s*[\r\n]+\s*/g, " ");
}
