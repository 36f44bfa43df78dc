// The cost of shadow traffic as Markdown.
import { judgedTable } from "../lib/judged-table.ts";
import type { Machine } from "../lib/machine.ts";
import { type Judged, judge, judgeOnce } from "../lib/verdict.ts";
import type { Block } from "./blocks.ts";

export interface ShadowReport {
  readonly machine: Machine;
  /** Requests a second, and seconds of each side of a block. */
  readonly rate: number;
  readonly seconds: number;
  readonly results: Readonly<Record<string, readonly Block[]>>;
}

export function shadowSection({ rate, seconds, results }: ShadowReport): string {
  const judged = Object.entries(results).flatMap(([how, blocks]) => judgedOf(how, blocks));
  return `${rate} requests/s, ${seconds} s a side of each block.\n\n${judgedTable(judged)}`;
}

function judgedOf(how: string, blocks: readonly Block[]): readonly Judged[] {
  const rises = blocks.map(({ plainP99Ms, shadowedP99Ms }) => shadowedP99Ms - plainP99Ms);
  const ratios = blocks.map(({ plainP99Ms, shadowedP99Ms }) => shadowedP99Ms / plainP99Ms);
  const lost = blocks.reduce((sum, one) => sum + one.lost, 0);
  return [
    judge({ target: `${how}: rise of the p99`, limit: 0.5, unit: "ms" }, rises),
    judge({ target: `${how}: p99 ÷ p99 without`, limit: 1.05, unit: "times" }, ratios),
    judgeOnce({ target: `${how}: requests lost`, limit: 0, unit: "" }, lost),
  ];
}
