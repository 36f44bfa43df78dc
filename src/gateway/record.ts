// What is remembered of one request while it runs; receipts, metrics and logs are made from it at its end.
import type { RouteDecision } from "../routing/index.ts";
import type { TokenUsage } from "../vllm/index.ts";
import type { Prediction } from "./choose.ts";

/** ok · rejected: 4xx of the gateway · upstream_error: 4xx or 5xx of the worker · failed: 5xx of the gateway · interrupted: worker lost after the first byte · aborted: the client left. */
export type Outcome = "ok" | "rejected" | "upstream_error" | "failed" | "interrupted" | "aborted";

/** Where the client was when it left. */
export type Phase = "reading" | "deciding" | "waiting" | "streaming";

/** Without the candidate, which holds on to the worker's cost and load. */
export type KeptDecision = Pick<RouteDecision, "policy" | "reason" | "scores">;

export interface LegRecord {
  readonly worker: string;
  readonly requestId: string;
  readonly decision: KeptDecision;
  readonly prediction: Prediction;
  readonly sentAt: number;
  /** What it failed with, when it failed. */
  failure: string | undefined;
}

export interface RequestRecord {
  readonly id: string;
  readonly route: string;
  /** Milliseconds of the clock. */
  readonly arrivedAt: number;
  readonly arrivedEpoch: number;
  clientRequestId: string | undefined;
  /** Undefined until it is known to exist. */
  model: string | undefined;
  stream: boolean;
  readAt: number | undefined;
  promptTokens: number | undefined;
  promptTokensExact: boolean;
  readonly legs: LegRecord[];
  firstTokenAt: number | undefined;
  lastTokenAt: number | undefined;
  /** Token-bearing events relayed. */
  tokenEvents: number;
  usage: TokenUsage | undefined;
  finishReason: string | undefined;
  status: number;
  phase: Phase;
}

export function newRecord(about: Pick<RequestRecord, "id" | "route" | "arrivedAt" | "arrivedEpoch">): RequestRecord {
  return {
    ...about,
    clientRequestId: undefined,
    model: undefined,
    stream: false,
    readAt: undefined,
    promptTokens: undefined,
    promptTokensExact: false,
    legs: [],
    firstTokenAt: undefined,
    lastTokenAt: undefined,
    tokenEvents: 0,
    usage: undefined,
    finishReason: undefined,
    status: 0,
    phase: "reading",
  };
}
