// Watches the API of a worker process: says when it answers first, and when it has not answered for too long.
import type { Clock, Timer } from "../../core/index.ts";
import { askHealth } from "./ask-health.ts";

export interface ApiWatchOptions {
  /** `http://host:port` */
  readonly origin: string;
  readonly clock: Clock;
  /** Longest time from the start to the first answer. */
  readonly startupMs: number;
  /** Longest time without an answer after the first; 0 = any. */
  readonly hangMs: number;
  /** With the time that the start took. */
  readonly onReady: (afterMs: number) => void;
  /** Called once, then it watches no longer. */
  readonly onLost: (how: string) => void;
}

const STARTING_LOOK_MS = 250;
const READY_LOOK_MS = 10_000;
const ANSWER_LIMIT_MS = 5000;
/** Below this a look tells more of the machine than of the worker. */
const LEAST_MS = 50;

export function watchApi({ origin, clock, startupMs, hangMs, onReady, onLost }: ApiWatchOptions): { stop(): void } {
  const startedAt = clock.now();
  let answeredAt: number | undefined;
  let stopped = false;
  let timer: Timer | undefined;

  async function look(): Promise<void> {
    const answers = await askHealth(origin, Math.min(ANSWER_LIMIT_MS, Math.max(limit() / 2, LEAST_MS)));
    if (stopped) return;
    const first = answers && answeredAt === undefined;
    if (answers) answeredAt = clock.now();
    const how = lost();
    if (how !== undefined) return onLost(how);
    if (first) onReady(clock.now() - startedAt);
    next();
  }

  function lost(): string | undefined {
    if (answeredAt === undefined)
      return clock.now() - startedAt >= startupMs ? `not ready ${startupMs / 1000} s after its start` : undefined;
    return hangMs > 0 && clock.now() - answeredAt >= hangMs
      ? `no answer from its API for ${hangMs / 1000} s`
      : undefined;
  }

  function limit(): number {
    return answeredAt === undefined ? startupMs : hangMs || Infinity;
  }

  function next(): void {
    const every = answeredAt === undefined ? STARTING_LOOK_MS : READY_LOOK_MS;
    timer = clock.after(Math.min(every, Math.max(limit() / 4, LEAST_MS)), () => void look());
  }

  next();
  return {
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
