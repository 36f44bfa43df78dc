// What a worker's event stream is worth: blocks that it confirmed last as long as it lives.
import type { StreamState } from "./kv-index.ts";

export interface WorkerStream {
  state: "none" | "live" | "lost";
  /** Blocks were sent to the worker at this time and no event came since. */
  expectedSince: number | undefined;
  /** The time at which a stream was lost; its entries age from here. */
  agesFrom: number | undefined;
  /** What was confirmed has aged out; nothing more to forget until an event comes. */
  isForgotten: boolean;
  /** An event came. */
  seen(): void;
  set(state: "none" | "live" | "lost", nowMs: number): void;
}

export interface StreamLimits {
  readonly ttlMs: number;
  readonly confirmWithinMs: number;
}

export function workerStream(): WorkerStream {
  const stream: WorkerStream = {
    state: "none",
    expectedSince: undefined,
    agesFrom: undefined,
    isForgotten: false,
    seen() {
      stream.state = "live";
      stream.isForgotten = false;
      stream.expectedSince = undefined;
      stream.agesFrom = undefined;
    },
    set(state, nowMs) {
      if (state === stream.state) return;
      stream.state = state;
      stream.isForgotten = false;
      stream.expectedSince = undefined;
      stream.agesFrom = state === "live" ? undefined : (stream.agesFrom ?? nowMs);
    },
  };
  return stream;
}

export function streamAt(stream: WorkerStream, nowMs: number, limits: StreamLimits): StreamState {
  if (stream.state !== "live") return stream.state;
  const { expectedSince } = stream;
  return expectedSince !== undefined && nowMs - expectedSince >= limits.confirmWithinMs ? "silent" : "live";
}

/** Time at which entries that the stream confirmed are forgotten, unless it shows life; Infinity for a live one. */
export function nextDeadline(stream: WorkerStream, limits: StreamLimits): number {
  if (stream.isForgotten) return Number.POSITIVE_INFINITY;
  const silentFrom =
    stream.expectedSince === undefined
      ? Number.POSITIVE_INFINITY
      : stream.expectedSince + Math.max(limits.ttlMs, limits.confirmWithinMs);
  const lostFrom = stream.agesFrom === undefined ? Number.POSITIVE_INFINITY : stream.agesFrom + limits.ttlMs;
  return Math.min(silentFrom, lostFrom);
}

export function isConfirmedGone(stream: WorkerStream, nowMs: number, limits: StreamLimits): boolean {
  return nowMs >= nextDeadline(stream, limits);
}
