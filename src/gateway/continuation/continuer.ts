// What happens when the worker of a running stream is lost: whether, where and how another one goes on.
import type { IncomingHttpHeaders } from "node:http";
import { toError } from "../../core/index.ts";
import type { Timer } from "../../core/index.ts";
import type { Worker } from "../../fleet/index.ts";
import type { Lane } from "../arms/lane.ts";
import { Attempt, type AttemptEvents } from "../attempt.ts";
import { decide } from "../decide.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { wholeWorkers } from "../disaggregated/pools.ts";
import { interruptedOutcome, LOST } from "../failures.ts";
import { isEventStream, upstreamHeaders } from "../headers.ts";
import type { LimitKind } from "../leg-watch.ts";
import type { Relay } from "../relay.ts";
import { jitterMs, type LegFailure } from "../retry.ts";
import { inBandFault, mayBeWorkerFault } from "../worker-fault.ts";
import { chatContinuationBody } from "./chat-continuation-body.ts";
import { continuationBody } from "./continuation-body.ts";
import { type ContinuationDenial, denialOf } from "./denial.ts";
import { KeptStream } from "./kept-stream.ts";
import type { ContinuationPlan } from "./plan.ts";

/** The exchange whose stream it is. */
export interface ContinuationHost {
  readonly workers: readonly Worker[];
  /** Its leg from now on. */
  adopt(attempt: Attempt): void;
  /** The stream is complete. */
  onEnd(): void;
  onLimit(limit: LimitKind): void;
  /** The client is told that its stream ends here. */
  breakOff(message: string, failure: LegFailure | LimitKind): void;
}

export interface ContinuerParts {
  readonly exchange: ExchangeParts;
  readonly plan: ContinuationPlan;
  readonly relay: Relay;
  readonly lane: Lane | undefined;
  readonly host: ContinuationHost;
  /** What the lost worker is known to send, as JSON text. */
  readonly fingerprint: string | null | undefined;
}

/** A class: one a stream, and the events of its further legs. */
export class Continuer implements AttemptEvents {
  readonly stream: KeptStream;
  readonly #parts: ContinuerParts;
  #attempt: Attempt | undefined;
  #timer: Timer | undefined;
  #legs = 0;
  #status = 0;
  #over = false;

  constructor(parts: ContinuerParts, attempt: Attempt | undefined) {
    this.#parts = parts;
    this.#attempt = attempt;
    this.stream = new KeptStream({
      relay: parts.relay,
      plan: parts.plan,
      onFault: (event) => this.takesOver(inBandFault(event)),
    });
  }

  /** The worker's part ended before the stream did. */
  get cutShort(): boolean {
    return !this.stream.done;
  }

  /** True when the stream goes on; the present leg is then over. */
  takesOver(failure: LegFailure | LimitKind): boolean {
    if (this.#over || this.#timer !== undefined) return this.#timer !== undefined;
    // A worker that leaves still says what comes after the finish.
    if (this.stream.finished) return failure !== "leaving" && this.#completes(failure);
    const denial = this.#denial(failure);
    const { exchange } = this.#parts;
    const { model } = exchange.accepted;
    const { metrics } = exchange.context.books;
    if (denial !== undefined) {
      // It goes on where it is.
      if (failure === "leaving") return false;
      this.#over = true;
      metrics.continuationsDenied(model.name, denial).inc();
      return false;
    }
    metrics.continuations(model.name, failure).inc();
    this.#leave(failure);
    const { clock, random } = exchange.context.options;
    this.#timer = clock.after(jitterMs(this.#legs, random), () => this.#goesOn());
    return true;
  }

  /** The request is over, however it ended. Idempotent. */
  end(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    if (status === 200 && isEventStream(headers)) return this.#attempt?.report("ok");
    this.#lost(
      "The worker that was to go on refused.",
      mayBeWorkerFault(status) || status === 429 ? "overloaded" : "refused_request",
    );
  }

  onData(chunk: Buffer): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#status !== 200) return;
    const now = this.#parts.exchange.context.options.clock.now();
    if (attempt.lastByteAt === undefined) attempt.firstToken();
    attempt.lastByteAt = now;
    try {
      this.stream.write(chunk, now);
    } catch (error) {
      this.#giveUp(toError(error).message);
    }
  }

  onEnd(): void {
    if (this.cutShort) return this.#lost("The worker ended the stream too early.", "broken");
    this.#parts.host.onEnd();
  }

  onFailed(_error: Error, started: boolean): void {
    this.#lost(LOST, started ? "broken" : "refused");
  }

  onSilent(): void {
    this.#lost("The worker no longer listens, and its stream is silent.", "silent");
  }

  onLimit(limit: LimitKind): void {
    if (limit === "client_stall" || limit === "total") return this.#parts.host.onLimit(limit);
    if (limit === "leaving") return void this.takesOver(limit);
    this.#lost(`The answer took too long (limit: ${limit}).`, limit);
  }

  #lost(message: string, failure: LegFailure | LimitKind | "refused_request"): void {
    if (this.#over) return;
    if (failure === "refused_request") return this.#giveUp(message);
    if (!this.takesOver(failure)) this.#parts.host.breakOff(message, failure);
  }

  /** Another worker would do no better. */
  #giveUp(message: string): void {
    this.end();
    this.#parts.host.breakOff(message, "engine");
  }

  #leave(failure: LegFailure | LimitKind): void {
    this.#attempt?.fail(failure, interruptedOutcome(failure));
    this.stream.drop();
    const { lane } = this.#parts;
    if (lane !== undefined) lane.copy = lane.copy?.drop();
  }

  /** Every token has come: what is missing is known. */
  #completes(failure: LegFailure | LimitKind): boolean {
    const { accepted } = this.#parts.exchange;
    this.#leave(failure);
    const wantsUsage = accepted.usageInjected || accepted.request?.includeUsage === true;
    this.stream.complete(wantsUsage, this.#fingerprint().fingerprint);
    this.#parts.host.onEnd();
    return true;
  }

  #denial(failure: LegFailure | LimitKind): ContinuationDenial | undefined {
    const { exchange, plan } = this.#parts;
    const { record, context, accepted } = exchange;
    return denialOf({
      failure,
      stream: this.stream,
      plan,
      legs: this.#legs,
      others: this.#others().length,
      remainingMs: record.arrivedAt + accepted.model.limits.totalTimeoutMs - context.options.clock.now(),
    });
  }

  /** Not the one that is lost; one that was never tried, when there is one. */
  #others(): readonly Worker[] {
    const { host, exchange } = this.#parts;
    const others = wholeWorkers(host.workers).filter((one) => one.id !== this.#attempt?.worker.id);
    const untried = others.filter((one) => !exchange.record.legs.some((leg) => leg.worker === one.id));
    return untried.length > 0 ? untried : others;
  }

  #goesOn(): void {
    this.#timer = undefined;
    const workers = this.#others();
    if (this.#over) return;
    if (workers.length === 0) return this.#parts.host.breakOff("No other worker can go on.", "refused");
    this.#legs += 1;
    this.#status = 0;
    this.#send(workers);
  }

  #send(workers: readonly Worker[]): void {
    const { exchange, lane, host } = this.#parts;
    const { context, route, accepted, record } = exchange;
    const again = !this.stream.shown;
    const made = again ? 0 : this.stream.made;
    const identity = { ...exchange.identity, promptTokens: exchange.identity.promptTokens + made };
    const decided = decide(context, { route, accepted, identity, workers, record });
    const body = again ? accepted.body : this.#body(decided.worker);
    if (body === undefined) return this.#giveUp("No token is left to be made.");
    const requestId = `${record.id}-c${this.#legs}`;
    const { limits } = accepted.model;
    const attempt = new Attempt({ context, decided, identity, request: record, requestId, limits, events: this, lane });
    attempt.record.continuedAt = made;
    record.legs.push(attempt.record);
    this.#attempt = attempt;
    host.adopt(attempt);
    this.stream.resume(again ? { kind: "again" } : { kind: "from_cut", ...this.#fingerprint() });
    const headers = upstreamHeaders({
      client: exchange.clientHeaders,
      worker: decided.worker,
      requestId,
      controls: accepted.controlHeaders,
    });
    attempt.send({
      path: again || this.stream.said !== undefined ? route.path : "/v1/completions",
      headers,
      body: lane?.body({ ...accepted, body }) ?? body,
      connectTimeoutMs: limits.connectTimeoutMs,
    });
  }

  #body(worker: Worker): Buffer | undefined {
    const { exchange, plan } = this.#parts;
    const { accepted } = exchange;
    const { promptIds, outputIds, cut, said } = this.stream;
    const { request, body } = accepted;
    if (request === undefined) return undefined;
    if (said !== undefined) return chatContinuationBody({ request, body, said: said.json(), made: said.tokens });
    return continuationBody({
      route: plan.route,
      request,
      body,
      promptIds: promptIds.text(),
      outputIds: outputIds.text(cut.tokens),
      promptTokens: promptIds.length,
      made: cut.tokens,
      maxModelLen: worker.facts.maxModelLen,
    });
  }

  #fingerprint(): { readonly fingerprint?: string } {
    const { fingerprint } = this.#parts;
    return typeof fingerprint === "string" ? { fingerprint: JSON.parse(fingerprint) as string } : {};
  }
}
