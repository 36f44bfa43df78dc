// Lengths of a trace made a little uneven: equal lengths that begin together stay together, which real clients do not.
import { seededRandom } from "../core/index.ts";
import type { Trace } from "./trace-row.ts";

/** Each length is uniform within ± `share` of the trace's; prefixes stay shared as far as they reach. */
export function jitterLengths(trace: Trace, share: number, seed: string): Trace {
  if (share === 0) return trace;
  const random = seededRandom(`${seed} jitter`);
  const around = (length: number): number => Math.max(1, Math.round(length * (1 + share * (2 * random.next() - 1))));
  const rows = trace.rows.map((row) => ({
    ...row,
    inputTokens: around(row.inputTokens),
    outputTokens: around(row.outputTokens),
  }));
  return { ...trace, rows };
}
