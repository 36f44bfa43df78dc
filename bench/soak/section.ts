// The soak as Markdown.
import { judgedTable } from "../lib/judged-table.ts";
import { markdownTable } from "../lib/markdown-table.ts";
import { medianInterval } from "../lib/median-interval.ts";
import type { Counts } from "./inside.ts";
import type { SoakReport } from "./report.ts";
import type { Settled } from "./settle.ts";

export function soakSection({ mixed, crowd, stall, judged, loadDuring }: SoakReport): string {
  return [mixedText(mixed), crowdText(crowd), stallText(stall), judgedTable(judged), disturbed(loadDuring)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function mixedText({ algorithms, load, loop, heap, heapSlope, residentMb, settled }: SoakReport["mixed"]): string {
  const rate = (load.requests / load.seconds).toFixed(0);
  const first = heap[0]?.value ?? Number.NaN;
  const last = heap.at(-1)?.value ?? Number.NaN;
  const interval =
    heapSlope.low === undefined || heapSlope.high === undefined
      ? "too few samples for an interval"
      : `95 % interval ${heapSlope.low.toFixed(3)} … ${heapSlope.high.toFixed(3)}`;
  return `Mixed load: ${load.requests} requests in ${(load.seconds / 60).toFixed(1)} minutes (${rate}/s) under ${algorithms.join(", ")}; ${list(load.kinds)}.
Engines failed on purpose for ${load.injected} of them. Wrong answers: ${list(load.wrong)}. Unary p99 ${load.unaryP99Ms.toFixed(0)} ms; the client sent them up to ${load.lagP99Ms.toFixed(0)} ms late (p99).
Heap after forced collections ${first.toFixed(1)} → ${last.toFixed(1)} MB, slope ${heapSlope.median.toFixed(3)} MB/minute (${interval}, ${heapSlope.count} samples, warm-up left out);
resident memory ${residentMb.first.toFixed(0)} → ${residentMb.last.toFixed(0)} MB. Event loop: p50 ${loop.p50.toFixed(1)}, p99 ${loop.p99.toFixed(1)}, worst ${loop.max.toFixed(0)} ms of ${loop.samples} samples.
${settledText(settled)}`;
}

function crowdText({
  asked,
  reduced,
  idle,
  streams,
  chunksPerSecond,
  loop,
  perIdle,
  perStream,
  settled,
}: SoakReport["crowd"]): string {
  const rows = [
    [`${streams.last.good} streams`, ...Object.values(perStream).map(kb)],
    [`${idle.last.good} idle clients`, ...Object.values(perIdle).map(kb)],
  ];
  return `Crowd: ${streams.last.good} of ${asked.streams} streams and ${idle.last.good} of ${asked.idle} idle kept connections at once on one process${reduced === undefined ? "" : ` (${reduced})`}.
${chunksPerSecond.toFixed(0)} chunks/s over ${asked.holdSeconds} s; event loop p50 ${loop.p50.toFixed(1)}, p99 ${loop.p99.toFixed(1)}, worst ${loop.max.toFixed(0)} ms. ${settledText(settled)}

${markdownTable(["what one costs", "heap KB", "buffers KB", "resident KB"], rows)}`;
}

function stallText({ groups, prompts, lost }: SoakReport["stall"]): string {
  const running = groups.map(({ streams, gapMs }) => `${streams} of ${1000 / gapMs} tokens/s`).join(", ");
  const rows = prompts.map((one) => [
    `${one.megabytes.toFixed(1)} MB of ${one.prompt}`,
    String(one.status),
    spread(one.with),
    spread(one.without),
    spread(one.loopWith),
    spread(one.loopWithout),
  ]);
  const head = ["request", "status", "stretch with, ms", "without", "event loop with, ms", "without"];
  return `Long requests beside running streams (${running}; ${lost} lost): the worst time between two chunks of any stream beyond its worker's pace, and
the longest the event loop stood still, median (most) of ${prompts[0]?.with.length ?? 0} rounds, each against as long a time without the request.

${markdownTable(head, rows)}`;
}

function settledText({ seconds, left }: Settled): string {
  if (seconds !== undefined)
    return `All sockets, timers, file descriptors and requests were gone ${seconds.toFixed(0)} s after the load.`;
  return `Left over after the load: ${list(left)}.`;
}

/** Our own processes alone keep about two runnable. */
function disturbed(load: number): string {
  if (load <= 4) return "";
  return `The machine was busy with other work during this run (load ${load}): times, not counts, are disturbed by it.`;
}

function list(counts: Counts): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function kb(value: number): string {
  return value.toFixed(1);
}

function spread(values: readonly number[]): string {
  return `${medianInterval(values).median.toFixed(1)} (${Math.max(...values).toFixed(0)})`;
}
