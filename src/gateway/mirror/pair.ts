// One sampled request: the tape of the primary's answer, its shadows, and the moment when all of them are there.
import type { IncomingHttpHeaders } from "node:http";
import type { Clock, Timer } from "../../core/index.ts";
import { classOfOutcome } from "../arms/leg-class.ts";
import type { Outcome } from "../record.ts";
import { AnswerTape } from "./answer-tape.ts";
import type { Copy, MirrorOffer } from "./mirror.ts";
import { comparedFields, type RawAnswer, type RawPair } from "./raw-pair.ts";
import type { MirrorSettings } from "./settings.ts";
import type { ShadowLeg } from "./shadow-leg.ts";

export interface Shadow {
  readonly kind: RawPair["kind"];
  readonly model: string;
  readonly leg: ShadowLeg;
}

export interface PairParts {
  readonly offer: MirrorOffer;
  readonly session: string;
  readonly stratum: string;
  readonly primaryModel: string;
  readonly settings: MirrorSettings;
  readonly clock: Clock;
  readonly onPrimaryByte: (ms: number) => void;
  /** Empty when there is nothing to compare. Called once. */
  readonly onDone: (pairs: readonly RawPair[], why: PairEnd, shadows: readonly Shadow[]) => void;
}

export type PairEnd =
  | { readonly kind: "compared" | "retried" | "lost" }
  | { readonly kind: "client-gone"; readonly where: string };

export class Pair implements Copy {
  readonly #parts: PairParts;
  readonly #tape: AnswerTape;
  readonly #at: number;
  #shadows: readonly Shadow[] = [];
  #primary: RawAnswer | undefined;
  #limit: Timer | undefined;
  #over = false;

  constructor(parts: PairParts) {
    this.#parts = parts;
    this.#tape = new AnswerTape(parts.clock.now(), parts.settings.maxAnswerBytes);
    this.#at = parts.clock.epoch();
  }

  /** Sends the copies, unless the request is over already for a reason that spoils the pair. */
  send(shadows: readonly Shadow[]): void {
    if (this.#over) return;
    this.#shadows = shadows;
    for (const { leg } of shadows) leg.send();
  }

  head(status: number, headers: IncomingHttpHeaders): void {
    this.#tape.status = status;
    this.#tape.contentType = headers["content-type"] ?? "";
  }

  chunk(chunk: Buffer, now: number): void {
    if (this.#tape.bytes === 0) this.#parts.onPrimaryByte(now - this.#tape.sentAt);
    this.#tape.add(chunk, now);
  }

  end(outcome: Outcome): void {
    if (this.#over) return;
    const { clock, settings, offer } = this.#parts;
    if (outcome === "aborted") {
      const shadow = this.#shadows[0]?.leg.phase ?? "waiting";
      return this.#finish([], { kind: "client-gone", where: `primary:${offer.record.phase} shadow:${shadow}` });
    }
    this.#primary = this.#tape.end(classOfOutcome(outcome, offer.record.status), clock.now());
    if (this.#complete()) return;
    this.#limit = clock.after(settings.pairLimitMs, () => {
      for (const { leg } of this.#shadows) leg.timeOut();
      // Not sent yet, since the loop is that far behind: the brake's business.
      if (this.#shadows.length === 0) this.#finish([], { kind: "retried" });
    });
  }

  drop(): undefined {
    this.#finish([], { kind: "retried" });
    return undefined;
  }

  /** The thread died over it. */
  lost(): void {
    this.#finish([], { kind: "lost" });
  }

  shadowEnded(): void {
    this.#complete();
  }

  #complete(): boolean {
    const primary = this.#primary;
    if (primary === undefined || this.#shadows.length === 0) return false;
    const answers = this.#shadows.map((one) => one.leg.answer);
    if (!answers.every((one) => one !== undefined)) return false;
    const pairs = this.#shadows.map((shadow, i) => this.#raw(shadow, primary, answers[i]));
    this.#finish(
      pairs.filter((one) => one !== undefined),
      { kind: "compared" },
    );
    return true;
  }

  #raw(shadow: Shadow, primary: RawAnswer, answer: RawAnswer | undefined): RawPair | undefined {
    if (answer === undefined) return undefined;
    const { offer, session, stratum, settings } = this.#parts;
    return {
      kind: shadow.kind,
      session,
      at: this.#at,
      stratum,
      streamed: offer.accepted.stream,
      fields: comparedFields(offer.accepted.request?.fields ?? {}),
      model: offer.accepted.model.name,
      shadowModel: shadow.model,
      primaryModel: this.#parts.primaryModel,
      primary,
      shadow: answer,
      truncated: shadow.leg.cut || this.#tape.cut,
      ...(settings.keepRequests && { request: { path: offer.route.path, body: offer.accepted.body } }),
    };
  }

  #finish(pairs: readonly RawPair[], why: PairEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.cancel();
    for (const { leg } of this.#shadows) leg.abort();
    this.#parts.onDone(pairs, why, this.#shadows);
  }
}
