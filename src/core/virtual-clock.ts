// A clock that stands still until it is told to move; timers run in order of their time, ties in order of their making.
import type { Clock, Timer } from "./clock.ts";

export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, running every timer that falls due, each at its own time. */
  advance(ms: number): void;
  /** Time of the next pending timer, or undefined when there is none. */
  next(): number | undefined;
}

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** `startEpoch` is the wall-clock time of the virtual time 0, in ms. */
export function virtualClock(startEpoch = 0): VirtualClock {
  let time = 0;
  let made = 0;
  const pending: Pending[] = [];

  function earliest(): Pending | undefined {
    return pending.reduce<Pending | undefined>((best, one) => (best && before(best, one) ? best : one), undefined);
  }

  return {
    now: () => time,
    epoch: () => startEpoch + time,
    next: () => earliest()?.at,
    after(delayMs, run): Timer {
      const entry: Pending = { at: time + Math.max(0, delayMs), order: made++, run };
      pending.push(entry);
      return { cancel: () => remove(pending, entry) };
    },
    advance(ms) {
      const end = time + ms;
      for (let due = earliest(); due && due.at <= end; due = earliest()) {
        remove(pending, due);
        time = due.at;
        due.run();
      }
      time = end;
    },
  };
}

function before(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
