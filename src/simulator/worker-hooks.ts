// What a simulated worker tells of its steps, and what it counts.
import type { HeldChanges } from "../engine/offline.ts";
import type { SimulatedRequest } from "./simulated-request.ts";

export interface WorkerHooks {
  /** KV events that a step made. */
  events(worker: number, changes: HeldChanges, atMs: number): void;
  /** `gaps`: tokens that had another one before them. */
  stepped(durationMs: number, tokens: number, gaps: number): void;
  /** The last token reaches the client at `request.lastTokenAt`. */
  ended(request: SimulatedRequest): void;
  /** The gateway has seen the last token. */
  closed(request: SimulatedRequest): void;
  /** Its prompt did not come from the other worker, and it is not computed here. */
  loadFailed?(request: SimulatedRequest, atMs: number): void;
}

export interface WorkerTotals {
  requests: number;
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  busyMs: number;
  steps: number;
}
