// The proxy benchmark as Markdown.
import { medianInterval } from "../lib/median-interval.ts";
import { indexTable } from "../lib/index-table.ts";
import { markdownTable } from "../lib/markdown-table.ts";
import { judgedTable } from "../lib/judged-table.ts";
import type { CellName } from "./cells.ts";
import { DIRECT } from "./contenders.ts";
import type { ProxyReport } from "./report.ts";
import type { ContenderResult, Sample } from "./rounds.ts";

export function proxyTables(report: ProxyReport): string {
  const { rounds, absent, judged } = report;
  return [
    `Medians of ${rounds} interleaved rounds. CPU is user and system time of the whole process tree, in µs.`,
    contenderTable(report.results),
    ...absent.map(({ name, why }) => `${name}: absent (${why}).`),
    ...failures(report.results),
    footprintText(report),
    report.index === undefined ? "" : indexTable(report.index),
    judged.length === 0 ? "" : judgedTable(judged),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function contenderTable(results: readonly ContenderResult[]): string {
  const head = [
    "",
    "unary 0.2 KB",
    "unary 2 KB",
    "unary 2 KB, unique prose",
    "unary 16 KB",
    "SSE chunk",
    "SSE chunk, continuable",
    "requests/s (2 KB)",
    "added p50 / p99 ms (direct)",
    "RSS idle → after MB",
  ];
  const direct = results.find((one) => one.name === DIRECT);
  const rows = results.map((result) => {
    const cpu = (cell: CellName, digits = 0) =>
      result.residentIdleMb === undefined
        ? "–"
        : shown(
            middle(result, cell, (one) => one.cpuMicroseconds),
            digits,
          );
    return [
      result.name,
      cpu("unary 0.2 KB"),
      cpu("unary 2 KB"),
      cpu("unary 2 KB unique"),
      cpu("unary 16 KB"),
      cpu("chunk", 1),
      cpu("chunk continued", 1),
      shown(
        middle(result, "unary 2 KB", (one) => one.perSecond),
        0,
      ),
      latency(result, direct),
      memory(result),
    ];
  });
  return markdownTable(head, rows);
}

function latency(result: ContenderResult, direct: ContenderResult | undefined): string {
  const base = direct === undefined || result === direct ? undefined : direct;
  const added = (figure: (sample: Sample) => number) =>
    middle(result, "latency", figure) - (base === undefined ? 0 : middle(base, "latency", figure));
  const text = `${shown(
    added((one) => one.p50Ms),
    2,
  )} / ${shown(
    added((one) => one.p99Ms),
    2,
  )}`;
  return base === undefined ? `(${text})` : text;
}

function memory({ residentIdleMb, residentAfterMb }: ContenderResult): string {
  return residentIdleMb === undefined || residentAfterMb === undefined
    ? "–"
    : `${residentIdleMb.toFixed(0)} → ${residentAfterMb.toFixed(0)}`;
}

/** NaN for a cell that was left out. */
function middle({ samples }: ContenderResult, cell: CellName, figure: (sample: Sample) => number): number {
  const list = samples[cell] ?? [];
  return list.length === 0 ? Number.NaN : medianInterval(list.map(figure)).median;
}

function shown(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function failures(results: readonly ContenderResult[]): string[] {
  return results.flatMap(({ name, samples }) => {
    const all = new Map<string, number>();
    for (const [cell, list] of Object.entries(samples))
      for (const { failures: seen } of list)
        for (const [why, count] of Object.entries(seen)) {
          const key = `${cell}: ${why}`;
          all.set(key, (all.get(key) ?? 0) + count);
        }
    return [...all].map(([what, count]) => `${name}: ${count} requests failed (${what}).`);
  });
}

function footprintText({ footprint }: ProxyReport): string {
  if (footprint === undefined) return "";
  const { residentMb, residentWithTokenizerMb, idleWorkers, idleSeconds, idleCpuPercent } = footprint;
  const file =
    residentWithTokenizerMb === undefined
      ? ""
      : `, ${residentWithTokenizerMb.toFixed(0)} MB with Qwen3's tokenizer file`;
  return `Idle gateway: ${residentMb.toFixed(0)} MB without a tokenizer file${file}; ${idleCpuPercent.toFixed(2)} % of a core with ${idleWorkers} workers over ${idleSeconds} s.`;
}
