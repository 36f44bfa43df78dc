// One request of a simulation, from its plan to its last token; also what the engine is given.
import type { PriorityClass } from "../admission/offline.ts";
import type { EngineRequest, PromptContent, RemotePrompt } from "../engine/offline.ts";
import type { LoadEntry } from "../fleet/offline.ts";
import type { RequestSample } from "../workload/offline.ts";
import type { PlannedSimulation } from "./contents.ts";

const NO_TOKENS = new Int32Array(0);
const TOKEN = { token: 0 };
const NO_GAPS: RequestSample["gaps"] = [];
const NO_HEADERS: RequestSample["headers"] = {};

/** What makes a request the first leg of another one. */
export interface PrefillLeg {
  readonly owner: SimulatedRequest;
  readonly leaseMs: number;
}

/** A class, because there is one per simulated request. Times in ms from the start. */
export class SimulatedRequest implements EngineRequest {
  readonly id: string;
  readonly promptIds = NO_TOKENS;
  readonly content: PromptContent;
  readonly maxTokens: number;
  readonly priority = 0;
  readonly tenant: string;
  readonly priorityClass: PriorityClass;
  readonly session: string | undefined;
  /** Of pools that change their size. */
  readonly pool: number;
  /** Of a prefill leg. */
  readonly owner: SimulatedRequest | undefined;
  readonly leaseMs: number | undefined;
  /** Of a request that was split: where its prompt comes from. */
  remote: RemotePrompt | undefined;
  readonly plannedAt: number;
  readonly sentAt: number;
  /** Number of the gateway it came to, where there are several. */
  gateway: number | undefined;
  /** Number of the worker it is on. */
  worker = -1;
  entry: LoadEntry | undefined;
  /** Its tokens reach the gateway so much after their step. */
  delayMs = 0;
  predictedTtftMs: number | undefined;
  predictedCached = 0;
  predictedSlowdown = 1;
  legSentAt = 0;
  /** Number of the worker's step that made the first token; -1 before it. */
  firstStep = -1;
  /** When tokens reach the gateway; undefined before they are made. */
  firstTokenAt: number | undefined;
  lastTokenAt: number | undefined;
  /** Output tokens that the ledger knows. */
  counted = 0;
  cachedTokens: number | undefined;
  /** Numbers of the workers that have had it. */
  readonly tried: number[] = [];
  retries = 0;
  /** Why it failed for good, and when. */
  failure: string | undefined;
  failedAt: number | undefined;
  /** Its prefill leg, while it is split. */
  leg: SimulatedRequest | undefined;
  /** Time that its prompt took to the worker that answers. */
  transferMs: number | undefined;
  /** TTFT on an idle worker that has nothing of it cached. */
  unloadedTtftMs = 0;

  constructor(id: string, planned: PlannedSimulation, sentAt: number, leg?: PrefillLeg) {
    this.id = id;
    this.owner = leg?.owner;
    this.leaseMs = leg?.leaseMs;
    this.remote = undefined;
    this.content = planned.content;
    this.maxTokens = planned.outputTokens;
    this.session = planned.session;
    this.pool = planned.pool ?? 0;
    this.tenant = planned.tenant ?? "anonymous";
    this.priorityClass = planned.priority ?? "default";
    this.plannedAt = planned.sentMs ?? planned.atMs;
    this.sentAt = planned.sentMs ?? sentAt;
  }

  sample(): { readonly token: number } {
    return TOKEN;
  }

  /** As new, for another try. */
  restart(): void {
    this.worker = -1;
    this.entry = undefined;
    this.firstStep = -1;
    this.firstTokenAt = undefined;
    this.lastTokenAt = undefined;
    this.counted = 0;
    this.cachedTokens = undefined;
    this.remote = undefined;
    this.leg = undefined;
    this.transferMs = undefined;
  }

  /** In the terms of the load generator, so that both are summed up by the same definitions. */
  toSample(): RequestSample {
    const isOk = this.lastTokenAt !== undefined;
    return {
      plannedAt: this.plannedAt,
      sentAt: this.sentAt,
      firstChunkAt: this.firstTokenAt,
      firstTokenAt: this.firstTokenAt,
      lastTokenAt: this.lastTokenAt,
      gaps: NO_GAPS,
      chunks: this.maxTokens,
      outcome: isOk ? "ok" : "error",
      status: isOk ? 200 : undefined,
      failure: isOk ? undefined : (this.failure ?? "not finished"),
      promptTokens: this.content.tokens,
      cachedTokens: this.cachedTokens,
      outputTokens: isOk ? this.maxTokens : undefined,
      text: undefined,
      headers: NO_HEADERS,
    };
  }
}
