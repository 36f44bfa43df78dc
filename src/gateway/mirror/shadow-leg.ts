// One copy on its way: sent on connections of its own, its answer kept within limits, its end told once.
import type { IncomingHttpHeaders } from "node:http";
import type { ArmLegClass, ArmTarget } from "../arms/arms.ts";
import { bodyFor } from "../arms/lane.ts";
import { classOfFailure, classOfOutcome } from "../arms/leg-class.ts";
import { Attempt, type AttemptEvents } from "../attempt.ts";
import type { Context } from "../context.ts";
import { decide } from "../decide.ts";
import { wholeWorkers } from "../disaggregated/pools.ts";
import { upstreamHeaders } from "../headers.ts";
import type { LimitKind } from "../leg-watch.ts";
import { newRecord } from "../record.ts";
import { AnswerTape } from "./answer-tape.ts";
import type { MirrorOffer } from "./mirror.ts";
import type { RawAnswer } from "./raw-pair.ts";
import type { MirrorSettings } from "./settings.ts";

export interface ShadowLegParts {
  readonly offer: MirrorOffer;
  /** The gateway's, with pools of its own. */
  readonly context: Context;
  readonly target: ArmTarget;
  readonly settings: MirrorSettings;
  readonly requestId: string;
  readonly ended: () => void;
}

export class ShadowLeg implements AttemptEvents {
  answer: RawAnswer | undefined;
  readonly tape: AnswerTape;
  readonly #parts: ShadowLegParts;
  #attempt: Attempt | undefined;
  #head: { status: number; inBand: boolean } = { status: 0, inBand: false };

  constructor(parts: ShadowLegParts) {
    this.#parts = parts;
    this.tape = new AnswerTape(parts.context.options.clock.now(), parts.settings.maxAnswerBytes);
  }

  get phase(): "waiting" | "streaming" | "done" {
    if (this.answer !== undefined) return "done";
    return this.tape.firstAt === undefined ? "waiting" : "streaming";
  }

  send(): void {
    const { offer, context, target, settings, requestId } = this.#parts;
    const workers = wholeWorkers(target.workers());
    if (workers.length === 0) return this.#end("refused");
    const { accepted, route, identity } = offer;
    // A copy is no part of the client's trace.
    const { traceparent: _parent, tracestate: _state, ...client } = offer.headers;
    const decided = decide(context, { route, accepted, identity, workers });
    const limit = settings.requestLimitMs;
    const limits = { firstByteTimeoutMs: limit, idleTimeoutMs: limit, totalTimeoutMs: limit };
    const { clock } = context.options;
    const about = { id: requestId, route: route.name, arrivedAt: clock.now(), arrivedEpoch: clock.epoch() };
    // A record of its own: nothing of the copy shows in the request's books.
    const request = newRecord(about);
    this.#attempt = new Attempt({ context, decided, identity, request, requestId, limits, events: this });
    const headers = upstreamHeaders({ client, worker: decided.worker, requestId, controls: accepted.controlHeaders });
    const { connectTimeoutMs } = accepted.model.limits;
    // A copy: whatever becomes of the client's request, these bytes stay as they are.
    const body = Buffer.from(bodyFor({ ...target, arm: offer.arm }, accepted));
    this.#attempt.send({ path: route.path, headers, body, connectTimeoutMs });
  }

  /** Nobody waits for it any more. */
  abort(): void {
    if (this.answer !== undefined) return;
    this.answer = this.tape.end("client-cancel", this.#now());
    this.#attempt?.end();
  }

  timeOut(): void {
    this.#end("timeout");
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#head.status = status;
    this.tape.status = status;
    this.tape.contentType = headers["content-type"] ?? "";
  }

  onData(chunk: Buffer): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.answer !== undefined) return;
    const now = this.#now();
    attempt.lastByteAt = now;
    if (this.tape.firstAt === undefined) attempt.firstToken();
    // A flood: enough is enough, its text is no evidence.
    if (!this.tape.add(chunk, now)) this.#end("ok");
  }

  onEnd(): void {
    this.#end(classOfOutcome("ok", this.#head.status));
  }

  onFailed(_error: Error, started: boolean): void {
    this.#end(classOfFailure(started ? "broken" : "refused"));
  }

  onLimit(limit: LimitKind): void {
    if (limit !== "leaving") this.#end(classOfFailure(limit));
  }

  onSilent(): void {
    this.#end("refused");
  }

  #now(): number {
    return this.#parts.context.options.clock.now();
  }

  #end(ending: ArmLegClass): void {
    if (this.answer !== undefined) return;
    this.answer = this.tape.end(ending, this.#now());
    this.#attempt?.end();
    this.#parts.ended();
  }
}
