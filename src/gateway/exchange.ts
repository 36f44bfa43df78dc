// One accepted request from its first leg to its end: send, hold, commit, relay, retry; every way out passes `#finish` once.
import type { IncomingHttpHeaders } from "node:http";
import { toError } from "../core/index.ts";
import type { Worker } from "../fleet/index.ts";
import type { Observes } from "../telemetry/index.ts";
import { sendRefusal } from "./answer.ts";
import { type AnswerHead, answerHead } from "./answer-head.ts";
import { type Lane, laneOf } from "./arms/lane.ts";
import { Attempt, type AttemptEvents } from "./attempt.ts";
import type { Context } from "./context.ts";
import { continuerFor, countDenied } from "./continuation/continuation.ts";
import type { ContinuationHost, Continuer } from "./continuation/continuer.ts";
import { decide } from "./decide.ts";
import { type AnsweringLeg, type Split, splitOf } from "./disaggregated/split.ts";
import { answerOutcome, endedEarly, endOutcome, failureOfLimit } from "./ends.ts";
import { interruptedOutcome, LOST, outcomeOf } from "./failures.ts";
import { isEventStream, upstreamHeaders } from "./headers.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { type HeldAnswer, heldFor } from "./held-answer.ts";
import { interruptionEvents } from "./interruption.ts";
import type { LimitKind } from "./leg-watch.ts";
import { makeRelay } from "./make-relay.ts";
import { legRefusal, namedRelay, renamed, workersOf } from "./models/served-as.ts";
import { noteAnswer } from "./note-answer.ts";
import { legRequestId, noteToken, type Outcome, type RequestRecord } from "./record.ts";
import { type Refusal, refusal } from "./refusal.ts";
import type { Relay, RelaySink } from "./relay.ts";
import { jitterMs, type LegFailure } from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { decideRetryOf } from "./retry-question.ts";
import { diesAtFirstByte, workerFault } from "./worker-fault.ts";
import type { Wait } from "./worker-queue.ts";
import { waitForWorker } from "./wait-for-worker.ts";

/** A class: one object per request, called for each chunk. */
export class Exchange implements AttemptEvents, RelaySink, ContinuationHost {
  readonly #parts: ExchangeParts;
  readonly #context: Context;
  readonly #record: RequestRecord;
  readonly #itl: Observes;
  readonly #budget: RetryBudget;
  /** Undefined for a model under no plan. */
  readonly #lane: Lane | undefined;
  /** Undefined while no worker has a role. */
  readonly #split: Split | undefined;
  #over = false;
  #wait: Wait | undefined;
  #attempt: Attempt | undefined;
  #head: Pick<AnswerHead, "status" | "headers"> | undefined;
  /** Body of an answer that may still be withdrawn. */
  #held: HeldAnswer | undefined;
  #relay: Relay | undefined;
  /** Undefined when the answer would not be continued. */
  #continuer: Continuer | undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#context = parts.context;
    this.#record = parts.record;
    this.#itl = parts.context.books.metrics.itl(parts.accepted.model.name);
    this.#lane = laneOf(parts);
    this.#split = splitOf(parts, this.#lane);
    const { name, limits } = parts.accepted.model;
    this.#budget = this.#context.budget(name, limits.retryBudgetRatio);
    this.#budget.request();
  }

  /** Sends the first leg, or waits until a worker may serve it. */
  start(): void {
    this.#lane?.enter();
    const { gates } = this.#context;
    const wait = this.workers.length > 0 ? gates.enter(this.#parts, this) : waitForWorker(this.#parts, this);
    if (wait !== undefined) this.#wait = wait;
  }

  /** The client's connection closed before its answer was complete. */
  clientLeft(): void {
    this.#finish("aborted");
  }

  /** Before a byte of the answer came: the plan went back to the legacy arm, or admission needs the place. */
  recall(why: "recalled" | "preempted" = "recalled"): boolean {
    return this.#relay === undefined && !this.#over && this.#retried(why);
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#head = { status, headers };
    const begun = { status, headers, route: this.#parts.route, crosses: this.#lane?.crosses === true };
    this.#held = this.#split?.held(begun) ?? heldFor(begun);
    this.#lane?.copy?.head(status, headers);
  }

  onData(chunk: Buffer): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const now = this.#context.options.clock.now();
    attempt.lastByteAt = now;
    this.#lane?.copy?.chunk(chunk, now);
    try {
      if (this.#relay !== undefined) this.#relay.write(chunk, now);
      else if (this.#held !== undefined) this.#hold(chunk, now);
      else if (!diesAtFirstByte(chunk) || !this.#retried("engine")) this.#commit().write(chunk, now);
    } catch (error) {
      this.#lost(toError(error).message, "broken");
    }
  }

  onEnd(): void {
    if (this.#held !== undefined) {
      const { body } = this.#held;
      if (this.#split?.recovers({ status: this.#head?.status ?? 0, body, attempt: this.#attempt }, this)) return;
      const fault = workerFault(this.#head?.status ?? 0, body, this.#lane?.crosses);
      if (fault !== undefined && this.#retried(fault)) return;
      this.#release(body);
    }
    const relay = this.#relay ?? this.#commit();
    if (this.#continuer?.cutShort && this.#continuer.takesOver("broken")) return;
    if (endedEarly(this.#parts.route, this.#record.status, relay)) return this.breakOff(LOST, "broken");
    relay.finish();
    this.#parts.response.end();
    if (relay.failedInBand) this.#attempt?.report(relay.overloadedInBand ? "overloaded" : "failed");
    this.#finish(endOutcome(this.#record.status, relay));
  }

  onFailed(_error: Error, started: boolean): void {
    this.#lost(LOST, started ? "broken" : "refused");
  }

  onSilent(): void {
    this.#lost("The worker no longer listens, and its stream is silent.", "silent");
  }

  onLimit(limit: LimitKind): void {
    if (limit === "client_stall") {
      this.#finish("aborted");
      return void this.#parts.response.destroy();
    }
    if (limit === "leaving" && this.#relay !== undefined) return void this.#continuer?.takesOver(limit);
    const failure = failureOfLimit(limit, this.#lane?.crosses === true);
    if (this.#relay === undefined && failure !== undefined && this.#retried(failure)) return;
    // Where nobody else can take it, it may still come.
    if (limit === "late" || limit === "leaving") return;
    if (this.#relay !== undefined) return this.breakOff(`The answer took too long (limit: ${limit}).`, limit);
    this.#attempt?.fail(limit, interruptedOutcome(limit));
    this.refuse(refusal(504, `The worker did not answer in time (limit: ${limit}).`));
  }

  onToken(now: number): void {
    this.#attempt?.token();
    if (this.#record.firstTokenAt === undefined) this.#attempt?.firstToken();
    const gapMs = noteToken(this.#record, now);
    if (gapMs > 0) this.#itl.observe(gapMs / 1000);
  }

  onFull(): void {
    this.#attempt?.pause();
  }

  onRoom(): void {
    this.#attempt?.resume();
  }

  /** A leg that goes on with the stream is its leg from now on. */
  adopt(attempt: Attempt): void {
    this.#attempt = attempt;
  }

  get workers(): readonly Worker[] {
    return workersOf(this.#parts, this.#lane);
  }

  send(workers: readonly Worker[]): void {
    if (this.#split?.begin(workers, this)) return;
    this.sendLeg({ decided: decide(this.#context, { ...this.#parts, workers }) });
  }

  /** The leg that answers the client. */
  sendLeg({ decided, body, part, whole }: AnsweringLeg): void {
    const { context, route, accepted, identity, clientHeaders: client } = this.#parts;
    const lane = this.#lane;
    const limits = { ...accepted.model.limits, ...lane?.limits(accepted.model.limits) };
    const record = this.#record;
    const requestId = legRequestId(record);
    this.#head = this.#held = undefined;
    this.#attempt = new Attempt({ context, decided, identity, request: record, requestId, limits, events: this, lane });
    record.legs.push(Object.assign(this.#attempt.record, part && { part }, whole && { whole }));
    record.phase = "waiting";
    const headers = upstreamHeaders({ client, worker: decided.worker, requestId, controls: accepted.controlHeaders });
    const sent = { path: route.path, headers, body: body ?? lane?.body() ?? accepted.body };
    this.#attempt.send({ ...sent, connectTimeoutMs: limits.connectTimeoutMs });
    lane?.sent(this, { decided, identity, headers: client, route });
  }

  #hold(chunk: Buffer, now: number): void {
    const held = this.#held;
    if (held === undefined || held.add(chunk)) return;
    this.#held = undefined;
    this.#commit().write(held.body, now);
  }

  #release(body: Buffer): void {
    this.#held = undefined;
    if (body.length > 0) this.#commit().write(body, this.#context.options.clock.now());
  }

  /** From here on the answer belongs to the client: no other worker can take over. */
  #commit(): Relay {
    const { response, accepted, context } = this.#parts;
    const { status, headers } = this.#head ?? { status: 502, headers: {} };
    const attempt = this.#attempt;
    const events = isEventStream(headers);
    const restored = events && accepted.usageInjected && status === 200;
    const edited = restored || renamed(accepted, this.#lane) || this.#split?.rewrites === true;
    const about = { status, headers, edited, record: this.#record, leg: attempt?.record };
    response.writeHead(status, answerHead(context, about));
    this.#lane?.settled(this);
    if (!events) attempt?.firstToken();
    attempt?.report(answerOutcome(status));
    const fingerprint = context.fingerprints.get(attempt?.worker.id ?? "");
    const relay = makeRelay({ response, sink: this }, { events, restored, fingerprint });
    const named = namedRelay(relay, accepted, { lane: this.#lane, worker: attempt?.worker });
    const whole = this.#split?.relay(named, events) ?? named;
    const kept = { exchange: this.#parts, host: this, lane: this.#lane, attempt, relay: whole };
    this.#continuer = continuerFor(kept, events && status === 200);
    this.#relay = this.#continuer?.stream ?? whole;
    Object.assign(this.#record, { status, phase: "streaming" });
    return this.#relay;
  }

  /** The leg is gone. Another one is sent when that is allowed and safe, else the client is told. */
  #lost(message: string, failure: LegFailure): void {
    if (this.#over) return;
    if (this.#relay !== undefined) return this.breakOff(message, failure);
    if (this.#retried(failure)) return;
    this.#attempt?.fail(failure, outcomeOf(failure));
    this.refuse(legRefusal(this.#parts, this.#lane, failure));
  }

  /** True when another leg was sent; the present one is then over. */
  #retried(failure: LegFailure): boolean {
    const { name } = this.#parts.accepted.model;
    const { metrics } = this.#context.books;
    const tried = this.#record.legs;
    const crosses = this.#lane?.crosses === true;
    const all = (crosses ? this.#lane?.others : undefined) ?? this.workers;
    const others = all.filter((worker) => !tried.some((leg) => leg.worker === worker.id && !leg.prefilled));
    const about = { failure, committed: this.#relay !== undefined, clientLeft: this.#over, all, others, crosses };
    const decision = decideRetryOf(this.#parts, about);
    if (!decision.retry) {
      metrics.retriesDenied(name, decision.reason).inc();
      return false;
    }
    this.#attempt?.fail(failure, outcomeOf(failure));
    metrics.retries(name, failure).inc();
    if (crosses) this.#lane?.cross();
    else this.#budget.spend();
    const { clock, random } = this.#context.options;
    const next = decision.where === "other" ? others : all;
    const timer = clock.after(jitterMs(tried.length - 1, random), () =>
      failure === "preempted" || next.length === 0 ? this.start() : this.send(next),
    );
    this.#wait?.cancel();
    this.#wait = timer;
    return true;
  }

  /** After the first byte: streams end with an error event, whole bodies by cutting the connection. */
  breakOff(message: string, failure: LegFailure | LimitKind): void {
    if (this.#continuer?.takesOver(failure)) return;
    const { response, route } = this.#parts;
    const relay = this.#relay;
    this.#attempt?.fail(failure, interruptedOutcome(failure));
    const events = isEventStream(this.#head?.headers ?? {});
    if (events) relay?.finish();
    this.#finish("interrupted");
    if (!events) return void response.destroy();
    response.end(interruptionEvents({ body: route.body, message, atBoundary: relay?.atBoundary ?? true }));
  }

  /** Before the first byte: the gateway answers itself. */
  refuse(refused: Refusal): void {
    this.#record.status = refused.status;
    sendRefusal(this.#parts.response, refused, this.#record);
    this.#finish("failed");
  }

  #finish(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#wait?.cancel();
    this.#continuer?.end();
    if (outcome === "interrupted" && this.#continuer === undefined) countDenied(this.#parts);
    this.#lane?.settled(this);
    this.#lane?.finished(this.#attempt?.record, outcome);
    this.#split?.ended(outcome === "ok");
    if (this.#relay !== undefined) noteAnswer(this.#parts, this.#relay, this.#attempt?.worker.id ?? "");
    this.#attempt?.end();
    this.#context.finished(this.#record, outcome);
  }
}
