// A trace of requests of one kind: mean lengths, their spread, a rate, and prompts that begin alike within groups.
import { type Random, seededRandom } from "../core/index.ts";
import { exp, ln } from "../model/index.ts";
import { type ArrivalProcess, arrivalTimes, normal } from "./arrivals.ts";
import type { Trace, TraceRow } from "./trace-row.ts";

export interface ShapedTraceOptions {
  readonly requests: number;
  readonly arrivals: ArrivalProcess;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Lengths are lognormal with this standard deviation ÷ mean; 0 = all equal. */
  readonly spread: number;
  /** Or else uniform within ± this share of the mean. */
  readonly jitter: number;
  /** The same for the output, when it differs. */
  readonly outputJitter?: number;
  /** Leading share of each prompt that its group has in common. */
  readonly sharedShare: number;
  /** Groups; the k-th is asked for in proportion to 1 ÷ k. */
  readonly groups: number;
  readonly seed: string;
}

/** One vLLM block, so that shares of short prompts are exact enough. */
const BLOCK = 16;

export function shapedTrace(options: ShapedTraceOptions): Trace {
  const { requests, inputTokens, outputTokens, sharedShare, seed } = options;
  const random = seededRandom(`${seed} shape`);
  const times = arrivalTimes(options.arrivals, requests, seededRandom(`${seed} arrivals`));
  let next = options.groups * 65_536;
  const rows = Array.from({ length: requests }, (_, i): TraceRow => {
    const length = draw(inputTokens, options, random);
    const group = drawGroup(options.groups, random);
    const shared = sharedShare > 0 ? Math.floor((sharedShare * length) / BLOCK) : 0;
    const hashIds = (): number[] =>
      Array.from({ length: Math.ceil(length / BLOCK) }, (_one, block) =>
        block < shared ? group * 65_536 + block : next++,
      );
    return {
      atMs: times[i] ?? 0,
      inputTokens: length,
      outputTokens: draw(outputTokens, { ...options, jitter: options.outputJitter ?? options.jitter }, random),
      hashIds: sharedShare > 0 ? hashIds() : undefined,
      session: undefined,
    };
  });
  return { format: "generator shaped", blockTokens: BLOCK, rows, skipped: [] };
}

function draw(mean: number, { spread, jitter }: ShapedTraceOptions, random: Random): number {
  if (spread === 0) return Math.max(1, Math.round(mean * (1 + jitter * (2 * random.next() - 1))));
  const variance = ln(1 + spread * spread);
  return Math.max(1, Math.round(mean * exp(Math.sqrt(variance) * normal(random) - variance / 2)));
}

function drawGroup(groups: number, random: Random): number {
  if (groups === 1) return 0;
  let total = 0;
  for (let k = 1; k <= groups; k++) total += 1 / k;
  let left = random.next() * total;
  for (let k = 1; k < groups; k++) {
    left -= 1 / k;
    if (left < 0) return k - 1;
  }
  return groups - 1;
}
