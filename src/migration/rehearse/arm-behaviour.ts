// How an arm behaves in a rehearsal: rates and a lognormal TTFT, drawn for so many requests.
import type { Random } from "../../core/index.ts";
import { normalCumulative, normalQuantile } from "../../stats/index.ts";

export interface ArmBehaviour {
  /** 0…1, timeouts among them. */
  readonly errorRate: number;
  readonly timeoutRate: number;
  readonly ttftP99Ms: number;
}

/** Spread of the logarithm of TTFT between requests of one service (migration.md §4.5). */
const SIGMA = 0.8;

/** Share of first tokens later than `thresholdMs`. */
export function slowShare({ ttftP99Ms }: ArmBehaviour, thresholdMs: number): number {
  if (ttftP99Ms <= 0) return 0;
  return 1 - normalCumulative((Math.log(thresholdMs) - Math.log(ttftP99Ms)) / SIGMA + normalQuantile(0.99));
}

/** Binomial: jumps from success to success, so that rare ones cost little. */
export function drawCount(random: Random, trials: number, rate: number): number {
  if (rate <= 0) return 0;
  if (rate >= 1) return trials;
  const log = Math.log1p(-rate);
  let [count, at] = [0, 0];
  for (;;) {
    at += Math.floor(Math.log(1 - random.next()) / log) + 1;
    if (at > trials) return count;
    count++;
  }
}
