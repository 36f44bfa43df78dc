// The soak's result as it is kept, and its judged targets.
import type { Machine } from "../lib/machine.ts";
import { type Judged, judge, judgeOnce, judgeSpread } from "../lib/verdict.ts";
import type { CrowdState } from "./crowd.ts";
import type { CrowdPhase } from "./crowd-phase.ts";
import type { Counts } from "./inside.ts";
import type { MixedPhase } from "./mixed-phase.ts";
import type { StallPhase } from "./stall-phase.ts";

export interface SoakPhases {
  readonly mixed: MixedPhase;
  readonly crowd: CrowdPhase;
  readonly stall: StallPhase;
}

export interface SoakReport extends SoakPhases {
  readonly machine: Machine;
  /** One-minute load of the machine in the middle of the mixed load, everything counted. */
  readonly loadDuring: number;
  readonly judged: readonly Judged[];
}

/** At 200 requests/s 0.1 MB a minute are eight bytes a request: less than the smallest object. */
const HEAP_MB_PER_MINUTE = 0.1;
const LOOP_P99_MS = 20;
const STRETCH_MS = 20;

export function judgeSoak({ mixed, crowd, stall }: SoakPhases): Judged[] {
  const { load, heapSlope, settled } = mixed;
  const wrong = Object.values(load.wrong).reduce((sum, count) => sum + count, 0);
  const count = (target: string, value: number) => judgeOnce({ target, limit: 0, unit: "" }, value);
  const p99 = (target: string, value: number) => judgeOnce({ target, limit: LOOP_P99_MS, unit: "ms" }, value);
  return [
    count("mixed load: answers that are not as they should be", wrong),
    count("mixed load: errors in the log", mixed.defects.length),
    judgeSpread({ target: "mixed load: growth of the heap", limit: HEAP_MB_PER_MINUTE, unit: "MB/minute" }, heapSlope),
    p99("mixed load: event loop, p99 of its delay", mixed.loop.p99),
    count("mixed load: sockets, timers, files, requests left over", leftOver(settled.left)),
    count(`${crowd.asked.streams} streams at once: not served`, lacking(crowd.asked.streams, crowd.streams.last)),
    count(`${crowd.asked.idle} idle clients beside them: not kept`, lacking(crowd.asked.idle, crowd.idle.last)),
    p99("all of them at once: event loop, p99 of its delay", crowd.loop.p99),
    count("after they left: sockets, timers, files, requests left over", leftOver(crowd.settled.left)),
    ...stall.prompts.map((one) =>
      judge(
        {
          target: `${one.megabytes.toFixed(1)} MB of ${one.prompt}: stretch of others' streams`,
          limit: STRETCH_MS,
          unit: "ms",
        },
        one.with.map((ms, i) => ms - (one.without[i] ?? 0)),
      ),
    ),
  ];
}

function leftOver(left: Counts): number {
  return Object.values(left).reduce((sum, count) => sum + count, 0);
}

function lacking(asked: number, { good }: CrowdState): number {
  return asked - good;
}
