// One leg with all that belongs to it: the worker's ledger entry, the limits, the record of why it went there.
import type { LegOutcome, LoadEntry, Worker } from "../fleet/index.ts";
import type { Lane } from "./arms/lane.ts";
import type { Context } from "./context.ts";
import type { Decided } from "./decide.ts";
import { Leg, type LegEvents } from "./leg.ts";
import { predictBlocks } from "./predict-blocks.ts";
import { lateAfter } from "./late.ts";
import type { LimitKind, Watched, WatchLimits } from "./leg-watch.ts";
import type { PromptIdentity } from "./prompt-identity.ts";
import type { LegRecord, RequestRecord } from "./record.ts";
import type { LegFailure } from "./retry.ts";
import { tracedHeaders } from "./tracing/leg-headers.ts";

export interface AttemptEvents extends LegEvents {
  onLimit(limit: LimitKind): void;
  /** No bytes for a while, and the worker's listener refuses connections, or its probes call it dead and others are there. */
  onSilent(): void;
}

export interface AttemptParts {
  readonly context: Context;
  readonly decided: Decided;
  readonly identity: PromptIdentity;
  readonly request: RequestRecord;
  readonly requestId: string;
  readonly limits: WatchLimits & { readonly totalTimeoutMs: number; readonly lateFirstByteMs?: number };
  readonly events: AttemptEvents;
  readonly lane?: Lane | undefined;
}

export interface UpstreamRequest {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly connectTimeoutMs: number;
}

export class Attempt implements Watched {
  readonly worker: Worker;
  readonly record: LegRecord;
  readonly limits: WatchLimits;
  readonly deadline: number;
  readonly sentAt: number;
  lastByteAt: number | undefined;
  paused = false;
  watchSlot = -1;

  readonly #context: Context;
  readonly #request: RequestRecord;
  readonly #events: AttemptEvents;
  readonly #leg: Leg;
  readonly #load: LoadEntry;
  readonly #lane: Lane | undefined;
  #checking = false;
  #toldToLeave = false;
  readonly #lateAt: number | undefined;
  #toldLate = false;
  #over = false;

  constructor({ context, decided, identity, request, requestId, limits, events, lane }: AttemptParts) {
    const { worker, prediction, startedAt: routedAt } = decided;
    const { policy, reason, scores } = decided.decision;
    const decision = { policy, reason, scores };
    const { clock, fleet } = context.options;
    this.#context = context;
    this.#request = request;
    this.#events = events;
    this.#leg = new Leg(events);
    this.worker = worker;
    this.limits = limits;
    this.deadline = request.arrivedAt + limits.totalTimeoutMs;
    this.sentAt = clock.now();
    const late = lateAfter(limits.lateFirstByteMs ?? 0, prediction.ttftMs);
    this.#lateAt = late === undefined ? undefined : this.sentAt + late;
    this.record = {
      worker: worker.id,
      requestId,
      decision,
      prediction,
      routedAt,
      sentAt: this.sentAt,
      spanId: context.tracing?.newSpanId(),
      endedAt: undefined,
      status: undefined,
      failure: undefined,
    };
    if (lane !== undefined) this.record.arm = lane.arm;
    const ejected = fleet.ejected?.(worker.model) ?? [];
    if (ejected.length > 0) this.record.ejected = ejected;
    this.#lane = lane;
    this.#load = worker.ledger.begin({ promptTokens: identity.promptTokens, cachedTokens: prediction.cachedTokens });
    const { hashes } = identity;
    if (hashes !== undefined) predictBlocks(context.options, { worker: worker.id, hashes });
    if (request.promised?.itlMs !== undefined) context.gaps.begin(worker.id, request.promised.itlMs);
    context.watch.add(this);
  }

  send({ path, headers, body, connectTimeoutMs }: UpstreamRequest): void {
    const pool = this.#context.pools.of(this.worker, connectTimeoutMs);
    const sent = tracedHeaders(headers, this.#request.trace, this.record.spanId);
    pool.dispatch({ path: this.worker.basePath + path, method: "POST", headers: sent, body }, this.#leg);
  }

  firstToken(): void {
    this.#load.firstToken(this.#context.options.clock.now());
  }

  token(): void {
    this.#load.tokens(1);
  }

  /** Idempotent. */
  pause(): void {
    this.paused = true;
    this.#leg.pause();
  }

  resume(): void {
    this.paused = false;
    this.lastByteAt = this.#context.options.clock.now();
    this.#leg.resume();
  }

  report(outcome: LegOutcome): void {
    this.#context.options.fleet.report(this.worker, outcome);
  }

  /** Off the books, and the upstream request aborted when it still runs. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.record.endedAt = this.#context.options.clock.now();
    this.record.status = this.#leg.status;
    const { promised, usage, legs } = this.#request;
    // Of an answer in several legs each has only a part.
    this.#load.end(legs.length === 1 ? usage?.completionTokens : undefined);
    if (promised?.itlMs !== undefined) this.#context.gaps.end(this.worker.id, promised.itlMs);
    this.#context.watch.remove(this);
    this.#leg.abort();
  }

  /** The same for a leg that failed; `outcome` goes to the fleet. */
  fail(failure: LegFailure | LimitKind, outcome: LegOutcome | undefined): void {
    if (this.#over) return;
    this.record.failure = failure;
    this.#lane?.failed(this.record, failure);
    this.end();
    if (outcome !== undefined) this.report(outcome);
  }

  lateAt(): number | undefined {
    return this.#toldLate ? undefined : this.#lateAt;
  }

  leaveAt(): number | undefined {
    return this.#toldToLeave ? undefined : this.worker.leaveAt;
  }

  onLimit(limit: LimitKind): void {
    if (limit === "leaving") this.#toldToLeave = true;
    if (limit === "late") this.#toldLate = true;
    if (!this.#over) this.#events.onLimit(limit);
  }

  onSilence(): void {
    if (this.#checking) return;
    this.#checking = true;
    void this.#context.listener(this.worker).then((state) => {
      this.#checking = false;
      if (!this.#over && (state === "refused" || this.#othersTake())) this.#events.onSilent();
    });
  }

  /** Dead by its probes, it may only have stalled, and its connections are still taken by the kernel: where nobody else can take the leg, it may still come. */
  #othersTake(): boolean {
    if (this.worker.state !== "dead") return false;
    const all = this.#lane?.others ?? this.#context.options.fleet.eligible(this.worker.model, "any");
    return all.some(({ id }) => id !== this.worker.id);
  }
}
