// The seam between the engine's HTTP surface (api/, server.ts) and its operation: metrics, faults, admin path, KV events, shutdown.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FinishReason } from "../sequence.ts";

/** One sequence (one choice of one prompt), when the engine core gets it. */
export interface OpsRequest {
  readonly id: string;
  readonly promptTokens: number;
  /** Output tokens at the most, as decided (never above what the context leaves). */
  readonly maxTokens: number;
  /** `max_tokens` as the client gave it; undefined when it gave none. */
  readonly askedMaxTokens: number | undefined;
  /** Choices of the HTTP request that this sequence belongs to. */
  readonly n: number;
  /** Clock time when the HTTP request's body was complete. */
  readonly arrivedMs: number;
}

/** One token of one sequence leaves the engine core. */
export interface OpsToken {
  readonly id: string;
  readonly cachedTokens: number;
  readonly nowMs: number;
}

/** A sequence ends; `abort` when the client left. */
export interface OpsFinish {
  readonly id: string;
  readonly reason: FinishReason;
  readonly nowMs: number;
}

/** A request for inference that has been read completely and not yet been checked. */
export interface OpsExchange {
  readonly path: string;
  readonly stream: boolean;
  /** Model name in the body, as it is. */
  readonly model: string | undefined;
}

/** What happens instead of the answer, or `pass`. `delayMs` is waited first (both kinds of passing and answering). */
export type FaultAction =
  | { readonly kind: "pass"; readonly delayMs?: number }
  | { readonly kind: "respond"; readonly status: number; readonly body: string; readonly delayMs?: number }
  | { readonly kind: "hang" }
  | { readonly kind: "close" };

/** Before SSE event number `sent` (from 0, the role chunk included) of one response: send it, never send again (socket stays open), or cut the socket. */
export type ChunkAction = "send" | "stall" | "close";

export interface EngineFaults {
  before(exchange: OpsExchange): FaultAction;
  onChunk(stream: { readonly id: string; readonly sent: number }): ChunkAction;
}

/** What operation may do to the running server; server.ts gives it to the maker of the ops. */
export interface EngineControl {
  /** The listener closes at once; open connections stay. */
  closeListener(): void;
  /** The listener opens again on the same port; rejects when the port is taken. */
  openListener(): Promise<void>;
  /** Inference requests in progress. */
  openRequests(): number;
  /** Ends every open request as a dead engine core does: in-band error and [DONE] in a stream, 500 otherwise; later requests get 500. */
  killEngine(): void;
  /** No token is made any more; connections stay open and silent. */
  freeze(): void;
  /** Undoes `freeze`. */
  thaw(): void;
  /** Cuts every connection. */
  destroyConnections(): void;
}

export interface EngineOps {
  onRequest(request: OpsRequest): void;
  onToken(token: OpsToken): void;
  onFinish(finish: OpsFinish): void;
  readonly faults: EngineFaults;
  /** Body of GET /metrics (`text/plain; version=1.0.0; charset=utf-8`). */
  metricsPage(): string | Promise<string>;
  /** JSON of GET /kv_event_sources. */
  kvEventSources(): Readonly<Record<string, unknown>>;
  /** False once the engine is dead: /health answers 503. */
  healthy(): boolean;
  /** Takes over an exchange on the admin path; false when the path is not the admin's. Called before every other route. */
  admin(request: IncomingMessage, response: ServerResponse): boolean;
  /** Called once after POST /reset_prefix_cache, /sleep and /wake_up (dev mode). */
  onDev?(event: "reset_prefix_cache" | "sleep" | "wake_up"): void;
  stop(): Promise<void>;
}

/** Ops that do nothing: for tests of the HTTP surface alone. */
export function idleOps(): EngineOps {
  return {
    onRequest: () => undefined,
    onToken: () => undefined,
    onFinish: () => undefined,
    faults: { before: () => ({ kind: "pass" }), onChunk: () => "send" },
    metricsPage: () => "",
    kvEventSources: () => ({}),
    healthy: () => true,
    admin: () => false,
    stop: () => Promise.resolve(),
  };
}
