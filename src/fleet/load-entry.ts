// One leg in the account of a worker's load, from the moment it is sent to its end.
import type { RunningAnswer, WorkerLoad } from "./worker-load.ts";

/** Calls after `end` do nothing. */
export interface LoadEntry {
  /** The first token came: prefill is over. `atMs`: when; undefined = nobody waits for the next ones. */
  firstToken(atMs: number | undefined): void;
  /** `count` more output tokens exist. */
  tokens(count: number): void;
  /** The leg is over, however it ended. Idempotent. `answerTokens`: of the whole answer by its usage, where it is told. */
  end(answerTokens?: number): void;
}

export interface LedgerListener {
  onBegin(): void;
  onEnd(): void;
}

export interface SentLeg {
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

type Figure =
  | "prefillTokens"
  | "prefillPairs"
  | "prefillRequests"
  | "decodeRequests"
  | "contextTokens"
  | "foreignRequests"
  | "tokensPerCount";

/** What the gateway itself has at a worker; entries write into it. */
export interface OwnLoad extends Omit<WorkerLoad, Figure>, Record<Figure, number> {
  readonly answerAges: Int32Array;
  readonly answers: LedgerEntry[];
}

/** A few events say little of how many tokens one brings; about the last sixteen answers do. */
const LONG_ENOUGH = 4;
const LEARNING = 1 / 16;
const MOST_PER_COUNT = 64;

/** Groups of answers by length. */
export const AGES = 12;

/** A class, since there is one a leg, and the running ones are read at every choice. */
export class LedgerEntry implements LoadEntry, RunningAnswer {
  startedAt = 0;
  tokenCount = 0;
  readonly #load: OwnLoad;
  readonly #listener: LedgerListener | undefined;
  readonly #promptTokens: number;
  readonly #uncached: number;
  readonly #pairs: number;
  #phase: "prefill" | "decode" | "over" = "prefill";
  #age = 0;
  /** Its place among the running answers; -1 when it is none. */
  #place = -1;

  constructor({ promptTokens, cachedTokens }: SentLeg, load: OwnLoad, listener: LedgerListener | undefined) {
    this.#load = load;
    this.#listener = listener;
    this.#promptTokens = promptTokens;
    this.#uncached = Math.max(0, promptTokens - cachedTokens);
    this.#pairs = this.#uncached * (cachedTokens + this.#uncached / 2);
    load.prefillTokens += this.#uncached;
    load.prefillPairs += this.#pairs;
    load.prefillRequests += 1;
    load.contextTokens += promptTokens;
    listener?.onBegin();
  }

  firstToken(atMs: number | undefined): void {
    if (this.#phase !== "prefill") return;
    this.#leavePrefill();
    this.#phase = "decode";
    this.#load.decodeRequests += 1;
    count(this.#load.answerAges, this.#age, 1);
    if (atMs === undefined) return;
    this.startedAt = atMs;
    this.#place = this.#load.answers.push(this) - 1;
  }

  tokens(more: number): void {
    if (this.#phase === "over") return;
    this.tokenCount += more;
    this.#load.contextTokens += more;
    const age = ageOf(this.tokenCount);
    if (this.#phase !== "decode" || age === this.#age) return;
    count(this.#load.answerAges, this.#age, -1);
    this.#age = age;
    count(this.#load.answerAges, age, 1);
  }

  end(answerTokens?: number): void {
    if (this.#phase === "over") return;
    if (answerTokens !== undefined) this.#learn(answerTokens);
    if (this.#phase === "prefill") this.#leavePrefill();
    else this.#leaveDecode();
    this.#load.contextTokens -= this.#promptTokens + this.tokenCount;
    this.#phase = "over";
    this.#listener?.onEnd();
  }

  /** An event brings several tokens with speculative decoding, a stream interval, or a worker that is ahead of its socket. */
  #learn(answerTokens: number): void {
    if (this.tokenCount < LONG_ENOUGH) return;
    const seen = Math.min(MOST_PER_COUNT, Math.max(1, answerTokens / this.tokenCount));
    this.#load.tokensPerCount += LEARNING * (seen - this.#load.tokensPerCount);
  }

  #leavePrefill(): void {
    this.#load.prefillTokens -= this.#uncached;
    this.#load.prefillPairs -= this.#pairs;
    this.#load.prefillRequests -= 1;
  }

  #leaveDecode(): void {
    const { answers, answerAges } = this.#load;
    this.#load.decodeRequests -= 1;
    count(answerAges, this.#age, -1);
    if (this.#place < 0) return;
    const last = answers.pop();
    if (last === undefined || last === this) return;
    answers[this.#place] = last;
    last.#place = this.#place;
  }
}

/** Of powers of two of tokens. */
function ageOf(tokens: number): number {
  return Math.min(AGES - 1, 31 - Math.clz32(Math.max(1, tokens)));
}

function count(ages: Int32Array, age: number, change: number): void {
  ages[age] = (ages[age] ?? 0) + change;
}
