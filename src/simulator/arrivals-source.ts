// When requests come: at their own times (open loop), or each client's next when its last one ended (closed loop).
import type { Random } from "../core/index.ts";
import type { PlannedSimulation } from "./contents.ts";

export interface ArrivalSource {
  /** Time of the next arrival; Infinity when none is known. */
  readonly nextAt: number;
  /** True when requests that end bring new ones. */
  readonly isClosed: boolean;
  take(): PlannedSimulation;
  /** A request ended for its client. */
  ended(atMs: number, session: string | undefined): void;
}

export function openLoop(planned: readonly PlannedSimulation[]): ArrivalSource {
  let next = 0;
  return {
    isClosed: false,
    get nextAt() {
      return planned[next]?.atMs ?? Number.POSITIVE_INFINITY;
    },
    take: () => planned[next++] ?? none(),
    ended: () => undefined,
  };
}

export interface ClosedLoopOptions {
  /** Clients, each with one request at a time. */
  readonly concurrency: number;
  /** The first requests come over so long a time; 0 = all at once. */
  readonly staggerMs: number;
  /** A request reaches the server so long after its client has sent it. Default 0. */
  readonly delayMs?: number;
  readonly random: Random;
}

export function closedLoop(planned: readonly PlannedSimulation[], options: ClosedLoopOptions): ArrivalSource {
  const { concurrency, staggerMs, random, delayMs = 0 } = options;
  let next = 0;
  /** Rising; what comes is nearly always the latest. */
  const times: number[] = [];
  for (let i = 0; i < Math.min(concurrency, planned.length); i++) insert(times, staggerMs * random.next());

  return {
    isClosed: true,
    get nextAt() {
      const first = next < planned.length ? times[0] : undefined;
      return first === undefined ? Number.POSITIVE_INFINITY : first + delayMs;
    },
    take() {
      const sentMs = times.shift() ?? 0;
      return { ...(planned[next++] ?? none()), sentMs, atMs: sentMs + delayMs };
    },
    ended: (atMs) => insert(times, atMs),
  };
}

function insert(times: number[], at: number): void {
  let index = times.length;
  while (index > 0 && (times[index - 1] ?? 0) > at) index--;
  times.splice(index, 0, at);
}

function none(): never {
  throw new RangeError("no arrival is left");
}
