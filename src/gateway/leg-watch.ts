// Limits on running legs, kept by one coarse timer for all of them: no timer per request or chunk.
import type { Clock, Timer } from "../core/index.ts";

/** What a leg shows the watch; read a few times a second. */
export interface Watched {
  /** When the leg was sent. */
  readonly sentAt: number;
  /** Time of the last byte; undefined before the first one of the body. */
  readonly lastByteAt: number | undefined;
  /** The client does not take what is there: its silence is not the worker's. */
  readonly paused: boolean;
  readonly limits: WatchLimits;
  /** Place in the watch, kept by it; −1 outside. */
  watchSlot: number;
  /** When the client's request must be over. */
  readonly deadline: number;
  /** When it must go on at another worker, as far as it can; told once. */
  leaveAt?(): number | undefined;
  /** When its first byte is too late for what was predicted; told once. */
  lateAt?(): number | undefined;
  onLimit(limit: LimitKind): void;
  /** Called when nothing came for a while; the answer decides whether the worker is still there. */
  onSilence(): void;
}

export interface WatchLimits {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** late: the first byte takes far longer than predicted · leaving: the worker is being taken out of service, and the time for what runs there is up. */
export type LimitKind = "first_byte" | "idle" | "total" | "client_stall" | "leaving" | "late";

export interface LegWatch {
  add(leg: Watched): void;
  remove(leg: Watched): void;
  readonly size: number;
}

const SWEEP_MS = 100;

/** vLLM that got SIGTERM closes its listener and leaves open streams hanging, without a byte or an end. */
export const SILENCE_MS = 2000;

/**
 * An array, not a Set: entries come and go with each request, and a Set's table that is replaced points to its successor,
 * so that after the first one grew old all later ones, and the requests in them, survive every young collection.
 */
export function legWatch(clock: Clock): LegWatch {
  const legs: Watched[] = [];
  let timer: Timer | undefined;

  function sweep(): void {
    timer = undefined;
    const now = clock.now();
    // Backwards: a leg that ends takes the last one into its place, which was looked at already.
    for (let i = legs.length - 1; i >= 0; i--) {
      const leg = legs[i];
      if (leg !== undefined) check(leg, now);
    }
    arm();
  }
  function arm(): void {
    if (timer === undefined && legs.length > 0) timer = clock.after(SWEEP_MS, sweep);
  }
  return {
    add(leg) {
      leg.watchSlot = legs.push(leg) - 1;
      arm();
    },
    remove(leg) {
      const slot = leg.watchSlot;
      const last = slot < 0 ? undefined : legs.pop();
      if (last === undefined) return;
      leg.watchSlot = -1;
      if (last === leg) return;
      last.watchSlot = slot;
      legs[slot] = last;
    },
    get size() {
      return legs.length;
    },
  };
}

function check(leg: Watched, now: number): void {
  const limit = passedLimit(leg, now);
  if (limit !== undefined) return leg.onLimit(limit);
  if (!leg.paused && now - (leg.lastByteAt ?? leg.sentAt) >= SILENCE_MS) leg.onSilence();
}

export function passedLimit(leg: Watched, now: number): LimitKind | undefined {
  if (now >= leg.deadline) return "total";
  if (now >= (leg.leaveAt?.() ?? Number.POSITIVE_INFINITY)) return "leaving";
  const { firstByteTimeoutMs, idleTimeoutMs } = leg.limits;
  if (leg.lastByteAt === undefined) {
    if (now - leg.sentAt >= firstByteTimeoutMs) return "first_byte";
    return now >= (leg.lateAt?.() ?? Number.POSITIVE_INFINITY) ? "late" : undefined;
  }
  if (now - leg.lastByteAt < idleTimeoutMs) return undefined;
  return leg.paused ? "client_stall" : "idle";
}
