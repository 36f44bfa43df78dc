// One copy on its way, in the thread: its answer kept within limits, its end told once.
import type { IncomingHttpHeaders } from "node:http";
import { classOfFailure, classOfOutcome } from "../../arms/leg-class.ts";
import type { ArmLegClass } from "../../arms/arms.ts";
import { Leg, type LegEvents } from "../../leg.ts";
import type { UpstreamPools } from "../../upstream-pools.ts";
import { AnswerTape } from "../answer-tape.ts";
import type { EndedLeg, LegOrder } from "./leg-messages.ts";

export interface CopyLegParts {
  readonly order: LegOrder;
  readonly pools: UpstreamPools;
  readonly now: () => number;
  readonly onFirst: () => void;
  readonly onEnded: (ended: EndedLeg) => void;
}

export class CopyLeg implements LegEvents {
  readonly #parts: CopyLegParts;
  readonly #tape: AnswerTape;
  readonly #leg = new Leg(this);
  readonly #limit: NodeJS.Timeout;
  #over = false;

  constructor(parts: CopyLegParts) {
    const { order, pools, now } = parts;
    this.#parts = parts;
    this.#tape = new AnswerTape(now(), order.maxAnswerBytes);
    this.#limit = setTimeout(() => this.timeOut(), order.limitMs);
    const { path, headers, body } = order;
    const sent = Buffer.from(body.buffer, body.byteOffset, body.length);
    pools.of(order.worker, order.connectTimeoutMs).dispatch({ path, method: "POST", headers, body: sent }, this.#leg);
  }

  timeOut(): void {
    this.#end("timeout");
  }

  abort(): void {
    this.#over = true;
    this.#close();
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#tape.status = status;
    this.#tape.contentType = headers["content-type"] ?? "";
  }

  onData(chunk: Buffer): void {
    const isFirst = this.#tape.firstAt === undefined;
    // A flood: enough is enough, its text is no evidence.
    if (!this.#tape.add(chunk, this.#parts.now())) return this.#end("ok");
    if (isFirst) this.#parts.onFirst();
  }

  onEnd(): void {
    this.#end(classOfOutcome("ok", this.#tape.status));
  }

  onFailed(_error: Error, started: boolean): void {
    this.#end(classOfFailure(started ? "broken" : "refused"));
  }

  #end(ending: ArmLegClass): void {
    if (this.#over) return;
    this.#over = true;
    this.#close();
    const { cut, bytes } = this.#tape;
    this.#parts.onEnded({ answer: this.#tape.end(ending, this.#parts.now()), cut, bytes });
  }

  #close(): void {
    clearTimeout(this.#limit);
    this.#leg.abort();
  }
}
