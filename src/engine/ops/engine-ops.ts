// The seam between the engine's HTTP API and its operational side: metrics, KV events, life cycle and faults.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { KvEvent } from "../../vllm/index.ts";
import type { EngineStats, StepPlan } from "../engine-core.ts";
import type { FinishReason, TokenOutput } from "../sequence.ts";

/** One sequence that the API hands to the engine: a request with n = 2 makes two. */
export interface RequestArrival {
  /** The id of its EngineRequest. */
  readonly id: string;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** The request's `n`. */
  readonly n: number;
  /** Clock milliseconds at which the HTTP request came in (TTFT counts from here); default now. */
  readonly arrivedAt?: number;
  /** The adapter that it runs with. */
  readonly lora?: string | undefined;
}

/** What one step of the live engine did. */
export interface EngineStep {
  readonly plan: StepPlan;
  readonly outputs: readonly TokenOutput[];
  readonly events: readonly KvEvent[];
  /** Clock milliseconds. */
  readonly endedAt: number;
}

/** What the operational side needs of the live engine. */
export interface EngineHandle {
  onStep(listener: (step: EngineStep) => void): void;
  stats(): EngineStats;
  /** No further step until `resume`: a hung engine. */
  pause(): void;
  resume(): void;
}

/** starting: a slow start; draining: after SIGTERM; hung: sockets open, no byte; dead: gone. */
export type EngineState = "starting" | "ready" | "draining" | "hung" | "dead";

export interface EngineOps {
  readonly state: EngineState;
  /**
   * First in the server's request listener. Answers /metrics, /kv_event_sources and /_sim/faults itself, refuses while
   * draining or dead, applies faults, and otherwise calls `next` (perhaps later). The API then writes to `response` as
   * usual, one `write` per SSE event; writes to a response that a fault has cut are swallowed.
   */
  handle(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  /** Gives the server, before or after it listens: shutdown and faults close and reopen its port. */
  attach(server: Server): void;
  /** A sequence was handed to the engine. */
  arrived(arrival: RequestArrival): void;
  /** A sequence was taken back before its last token: the client left, or (`finish`) the API ended it, by a stop string. */
  aborted(id: string, finish?: FinishReason): void;
  /** SIGTERM or SIGINT. The first call starts vLLM's shutdown, a second one ends at once. */
  shutdown(): void;
  /** The body of GET /kv_event_sources. */
  kvEventSources(): Record<string, unknown>;
  /** Gauge of GET /load: inference requests that are open. */
  load(): number;
  /** Closes ZMQ sockets and timers; not the server. */
  close(): Promise<void>;
}
