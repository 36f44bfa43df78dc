// Token ids of one stream, four bytes each, up to a limit.

/** A class: one a stream, written once a token. */
export class IdLog {
  length = 0;
  /** More came than may be kept: nothing is kept any more. */
  full = false;
  readonly #limit: number;
  #ids: Int32Array;

  constructor(limit: number) {
    this.#limit = limit;
    this.#ids = new Int32Array(Math.min(64, limit));
  }

  push(id: number): void {
    if (this.full) return;
    if (this.length === this.#limit) return this.#giveUp();
    if (this.length === this.#ids.length) this.#grow();
    this.#ids[this.length++] = id;
  }

  /** Forgets what comes after the first `count`. */
  cut(count: number): void {
    this.length = Math.min(this.length, count);
  }

  after(count: number): readonly number[] {
    return [...this.#ids.subarray(count, this.length)];
  }

  /** As the items of a JSON array. */
  text(count = this.length): string {
    return this.#ids.subarray(0, Math.min(count, this.length)).join(",");
  }

  #grow(): void {
    const larger = new Int32Array(Math.min(this.#limit, this.#ids.length * 2));
    larger.set(this.#ids);
    this.#ids = larger;
  }

  #giveUp(): void {
    this.full = true;
    this.length = 0;
    this.#ids = new Int32Array(0);
  }
}
