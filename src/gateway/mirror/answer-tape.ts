// Keeps an answer as it comes, within a limit: its bytes in one piece, and when each chunk of them came.
import type { ArmLegClass } from "../arms/arms.ts";
import type { RawAnswer } from "./raw-pair.ts";

const FIRST_BYTES = 4096;

export class AnswerTape {
  readonly sentAt: number;
  status = 0;
  contentType = "";
  cut = false;
  bytes = 0;
  readonly #limit: number;
  /** Copied, since a small chunk holds on to the large buffer it was read into, and all of that would go to the comparison. */
  #kept = new Uint8Array(0);
  #length = 0;
  #ends: number[] = [];
  #times: number[] = [];

  constructor(sentAt: number, limit: number) {
    this.sentAt = sentAt;
    this.#limit = limit;
  }

  get firstAt(): number | undefined {
    return this.#times[0];
  }

  /** False when the limit is passed. */
  add(chunk: Uint8Array, now: number): boolean {
    this.bytes += chunk.length;
    if (this.bytes > this.#limit) this.cut = true;
    if (this.cut) return false;
    this.#keep(chunk);
    this.#ends.push(this.#length);
    this.#times.push(now);
    return true;
  }

  end(ending: ArmLegClass, endedAt: number): RawAnswer {
    const { status, contentType, sentAt } = this;
    const bytes = this.#kept.slice(0, this.#length);
    const [ends, times] = [Uint32Array.from(this.#ends), Float64Array.from(this.#times)];
    return { class: ending, status, contentType, sentAt, endedAt, bytes, ends, times };
  }

  #keep(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#kept.length) {
      const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * this.#kept.length, length));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(chunk, this.#length);
    this.#length = length;
  }
}
