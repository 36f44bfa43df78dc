// The targets of issue 3 and whether this run meets them.
import { type Judged, judge, judgeOnce } from "../lib/verdict.ts";
import type { CellName } from "./cells.ts";
import { BARE, KV_AWARE, SMG, VLLM_ROUTER } from "./contenders.ts";
import type { ProxyReport } from "./report.ts";
import type { ContenderResult, Sample } from "./rounds.ts";

type Measured = Pick<ProxyReport, "results" | "footprint" | "index" | "decision">;

/** Growth of memory in the second half of a million prompts that still counts as flat: allocator and collector noise. */
const FLAT_RATIO = 1.05;

export function judgeTargets(measured: Measured): Judged[] {
  return [...judgeRounds(measured.results), ...judgeFacts(measured)];
}

function judgeRounds(results: readonly ContenderResult[]): Judged[] {
  const ratio = (other: string, cell: CellName) =>
    paired(results, { a: KV_AWARE, b: other, cell }, (a, b) => a.cpuMicroseconds / b.cpuMicroseconds);
  const later = paired(results, { a: KV_AWARE, b: BARE, cell: "latency" }, (a, b) => a.p99Ms - b.p99Ms);
  const times = (what: string, limit: number) => ({ target: what, limit, unit: "×" });
  return [
    judge(times("CPU per unary request, 2 KB, seen prefix ÷ bare relay's", 1.6), ratio(BARE, "unary 2 KB")),
    judge(times("CPU per unary request, 2 KB, unique prose ÷ bare relay's", 3), ratio(BARE, "unary 2 KB unique")),
    ...[VLLM_ROUTER, SMG].flatMap((rival) => [
      judge(times(`CPU per unary request, 2 KB, seen prefix ÷ ${rival}'s`, 1), ratio(rival, "unary 2 KB")),
      judge(times(`CPU per unary request, 2 KB, unique prose ÷ ${rival}'s`, 1), ratio(rival, "unary 2 KB unique")),
    ]),
    judge(times("CPU per SSE chunk ÷ bare relay's", 1.25), ratio(BARE, "chunk")),
    judge(
      times("CPU per SSE chunk of a stream that would be continued ÷ bare relay's", 1.4),
      ratio(BARE, "chunk continued"),
    ),
    judge({ target: "added p99 latency − bare relay's", limit: 1, unit: "ms" }, later),
  ].filter(({ value }) => value.count > 0);
}

function judgeFacts({ footprint, index, decision }: Measured): Judged[] {
  const judged: Judged[] = [];
  const p99 = decision?.policies["kv_aware"]?.p99Us;
  if (p99 !== undefined && decision !== undefined) {
    const target = `p99 of a kv_aware decision, ${decision.workers} workers, prompt of ${decision.tokens} tokens`;
    judged.push(judgeOnce({ target, limit: 1, unit: "ms" }, p99 / 1000));
  }
  if (footprint !== undefined) judged.push(...judgeFootprint(footprint));
  if (index !== undefined) judged.push(...judgeIndex(index));
  return judged;
}

function judgeFootprint({
  residentMb,
  residentWithTokenizerMb,
  idleCpuPercent,
  idleWorkers,
}: NonNullable<Measured["footprint"]>) {
  const memory = { target: "resident memory, idle, no tokenizer file", limit: 150, unit: "MB" };
  const withFile = { target: "resident memory, idle, with a tokenizer file (Qwen3)", limit: 250, unit: "MB" };
  const cpu = { target: `CPU when idle with ${idleWorkers} workers`, limit: 2, unit: "% of a core" };
  return [
    judgeOnce(memory, residentMb),
    ...(residentWithTokenizerMb === undefined ? [] : [judgeOnce(withFile, residentWithTokenizerMb)]),
    judgeOnce(cpu, idleCpuPercent),
  ];
}

function judgeIndex({ points, prompts }: NonNullable<Measured["index"]>): Judged[] {
  const half = points.find((point) => point.prompts >= prompts / 2);
  const end = points.at(-1);
  if (half === undefined || end === undefined) return [];
  const target = `process memory after ${prompts} distinct prompts ÷ after half of them`;
  return [judgeOnce({ target, limit: FLAT_RATIO, unit: "×" }, end.residentMb / half.residentMb)];
}

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly cell: CellName;
}

/** One figure a round, from samples of the same round; empty when one of the two did not run. */
function paired(
  results: readonly ContenderResult[],
  { a, b, cell }: Pair,
  figure: (a: Sample, b: Sample) => number,
): number[] {
  const samplesOf = (name: string) => results.find((one) => one.name === name)?.samples[cell] ?? [];
  const others = samplesOf(b);
  return samplesOf(a).flatMap((sample, round) => {
    const other = others[round];
    return other === undefined ? [] : [figure(sample, other)];
  });
}
