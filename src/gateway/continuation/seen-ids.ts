// Token ids after the cut that a client has: a worker that was lost early has not made all of them again.
import type { IdLog } from "./id-log.ts";

/** A class: one a stream. */
export class SeenIds {
  #from = 0;
  #ids: readonly number[] = [];

  /** Behind the first `count`; `made`: what the present worker has made. */
  after(count: number, made: IdLog): readonly number[] {
    const now = made.after(count);
    const before = this.#ids.slice(count - this.#from);
    this.#from = count;
    this.#ids = now.length >= before.length ? now : before;
    return this.#ids;
  }
}
