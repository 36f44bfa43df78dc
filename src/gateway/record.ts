// What is remembered of one request while it runs; receipts, metrics and logs are made from it at its end.
import type { Promised, RouteDecision } from "../routing/index.ts";
import type { TokenUsage } from "../vllm/index.ts";
import type { RequestTrace } from "../telemetry/index.ts";
import type { Client } from "./tenancy/tenancy.ts";
import type { Grant } from "../admission/index.ts";
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
  /** When the decision for it began. */
  readonly routedAt: number;
  readonly sentAt: number;
  /** Of its span; undefined without tracing. */
  readonly spanId: string | undefined;
  endedAt: number | undefined;
  /** Of the worker's answer. */
  status: number | undefined;
  /** Output tokens before it, for a leg that goes on with a stream. */
  continuedAt?: number;
  /** Of a migration plan. */
  arm?: "legacy" | "candidate";
  /** Workers that were left out since requests to them had failed; undefined = none. */
  ejected?: readonly string[];
  /** Of a request that is split between two workers. */
  part?: "prefill" | "decode";
  /** Why a request of a model with roles was not split. */
  whole?: string;
  /** A prefill leg that has done its part: no try that failed. */
  prefilled?: true;
  /** What it failed with, when it failed. */
  failure: string | undefined;
}

export interface RequestRecord {
  readonly id: string;
  readonly route: string;
  /** Milliseconds of the clock. */
  readonly arrivedAt: number;
  readonly arrivedEpoch: number;
  /** Undefined without tracing. */
  readonly trace: RequestTrace | undefined;
  clientRequestId: string | undefined;
  /** Undefined while nobody is a tenant. */
  client?: Client | undefined;
  /** What it may use; settled at its end. */
  grant?: Grant | undefined;
  /** The limit, rule or queue that turned it away. */
  denied?: string | undefined;
  /** Undefined until it is known to exist. */
  model: string | undefined;
  /** The name that the client used in its place. */
  alias?: string | undefined;
  /** Of the model. */
  adapter?: string | undefined;
  /** Undefined = nothing. */
  promised?: Promised | undefined;
  stream: boolean;
  readAt: number | undefined;
  /** When the request was accepted, and when its prompt was known. */
  parsedAt: number | undefined;
  identifiedAt: number | undefined;
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

type About = Pick<RequestRecord, "id" | "route" | "arrivedAt" | "arrivedEpoch"> & Partial<Pick<RequestRecord, "trace">>;

export function newRecord({ trace, ...about }: About): RequestRecord {
  return {
    ...about,
    trace,
    clientRequestId: undefined,
    model: undefined,
    stream: false,
    readAt: undefined,
    parsedAt: undefined,
    identifiedAt: undefined,
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

/** Milliseconds since the token before; 0 for the first. */
export function noteToken(record: RequestRecord, now: number): number {
  const before = record.lastTokenAt;
  record.tokenEvents += 1;
  record.grant?.token();
  record.firstTokenAt ??= now;
  record.lastTokenAt = now;
  return before === undefined ? 0 : now - before;
}

/** Legs that were to answer the client. */
export function tries({ legs }: Pick<RequestRecord, "legs">): number {
  return legs.reduce((count, { prefilled }) => count + (prefilled === true ? 0 : 1), 0);
}

/** What the next leg is called upstream: both legs of a split request alike, as vLLM's ids are made of it. */
export function legRequestId(record: Pick<RequestRecord, "id" | "legs">): string {
  const nth = tries(record);
  return nth === 0 ? record.id : `${record.id}-r${nth}`;
}
