// Which arm serves a session: sticky, and moved one way only while the weight rises.
import { sessionBucket } from "./bucket.ts";

export type Arm = "legacy" | "candidate";

export interface SplitRequest {
  /** From src/vllm's sessionKey; undefined when the request names no session and has no user message. */
  readonly sessionKey: string | undefined;
  /** Stands in for the session of a request that has none. */
  readonly requestId: string;
}

export interface Split {
  arm(request: SplitRequest, weight: number): Arm;
  /** Is the session in the shadow sample? Independent of `arm`; monotone in `fraction`. */
  sampled(request: SplitRequest, fraction: number): boolean;
  /** Is it also sent to the primary twice, to measure noise? */
  repeated(request: SplitRequest, fraction: number): boolean;
}

export function sessionSplit(secret: string | Uint8Array): Split {
  const keyOf = (request: SplitRequest): string => request.sessionKey ?? `request:${request.requestId}`;
  return {
    arm: (request, weight) =>
      sessionBucket(secret, "split", keyOf(request)) < clampWeight(weight) ? "candidate" : "legacy",
    sampled: (request, fraction) => sessionBucket(secret, "sample", keyOf(request)) < clampWeight(fraction),
    repeated: (request, fraction) => sessionBucket(secret, "repeat", keyOf(request)) < clampWeight(fraction),
  };
}

/** 0…1 as in the seed; what is no number is 0, the safe side. */
export function clampWeight(weight: number): number {
  return Number.isNaN(weight) ? 0 : Math.max(0, Math.min(1, weight));
}
