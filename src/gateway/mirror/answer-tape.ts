// Keeps an answer as it comes, within a limit: references to the chunks and their times.
import type { ArmLegClass } from "../arms/arms.ts";
import type { RawAnswer } from "./raw-pair.ts";

export class AnswerTape {
  readonly sentAt: number;
  status = 0;
  contentType = "";
  cut = false;
  bytes = 0;
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #times: number[] = [];

  constructor(sentAt: number, limit: number) {
    this.sentAt = sentAt;
    this.#limit = limit;
  }

  get firstAt(): number | undefined {
    return this.#times[0];
  }

  /** False when the limit is passed. */
  add(chunk: Buffer, now: number): boolean {
    this.bytes += chunk.length;
    if (this.bytes > this.#limit) this.cut = true;
    if (this.cut) return false;
    this.#chunks.push(chunk);
    this.#times.push(now);
    return true;
  }

  end(ending: ArmLegClass, endedAt: number): RawAnswer {
    const { status, contentType, sentAt } = this;
    return { class: ending, status, contentType, sentAt, endedAt, chunks: this.#chunks, times: this.#times };
  }
}
