// Where a broken stream can be taken up: the last token whose text the client certainly has in full.

/**
 * Text lags behind token ids: a worker holds back bytes of a character that is not complete, and as many characters as may
 * begin a stop string (`hold` = the longest one less 1), unless the client wants stop strings in its output. An event that
 * brings text shows that the worker's text went exactly `lag` characters beyond what it has sent. The cut lies where the
 * lost worker has looked at `hold` characters more: a stop string that begins before it would have ended there.
 */
interface Mark {
  /** Output tokens up to here. */
  readonly tokens: number;
  /** Code points that had been sent. */
  readonly at: number;
  /** One token, with text: nothing of it is held back. Several at once may end inside a character. */
  readonly sure: boolean;
}

/** A class: one a stream, written once a token. */
export class CutLog {
  /** Output tokens that the next worker gets as its prompt. */
  get tokens(): number {
    return this.#marks[0]?.tokens ?? 0;
  }

  /** Text after the cut that the client has: the next worker makes it again. */
  tail = "";
  readonly #hold: number;
  /** What the worker holds back of it: all or nothing. */
  readonly #lag: number;
  #marks: Mark[];
  /** Code points: where `tail` begins, where the present worker is, what the client has. */
  #from = 0;
  #at = 0;
  #seen = 0;

  constructor(hold: number, lag = hold) {
    this.#hold = hold;
    this.#lag = lag;
    this.#marks = [{ tokens: 0, at: -lag, sure: true }];
  }

  /** The usual case: the client has everything up to this token. */
  get plain(): boolean {
    return this.#hold === 0 && this.#at === this.#seen;
  }

  /** One token that brought text, in the usual case. */
  addPlain(tokens: number): void {
    this.#marks = [{ tokens, at: this.#at, sure: true }];
    this.#from = this.#at;
    this.tail = "";
  }

  /**
   * An event with `text`, which is not empty, after which there are `tokens` in all. Returns what of the text the client
   * does not have yet; undefined when it contradicts what it has.
   */
  add(text: string, tokens: number, sure: boolean): string | undefined {
    const points = Array.from(text);
    const before = this.#at;
    this.#at += points.length;
    const known = Array.from(this.tail);
    for (let i = Math.max(before, this.#from); i < Math.min(this.#at, this.#seen); i++)
      if (points[i - before] !== known[i - this.#from]) return undefined;
    const fresh = points.slice(Math.max(0, this.#seen - before)).join("");
    this.tail += fresh;
    this.#seen = Math.max(this.#seen, this.#at);
    this.#marks.push({ tokens, at: this.#at, sure });
    this.#prune();
    return fresh;
  }

  /** Another worker goes on from the cut. */
  resume(): void {
    this.#marks.length = 1;
    this.#at = this.#from;
  }

  #prune(): void {
    const last = this.#marks.findLastIndex(
      ({ at, sure }) => at + this.#hold < this.#seen || (sure && at + this.#hold === this.#seen),
    );
    const mark = this.#marks[last];
    if (last <= 0 || mark === undefined) return;
    const from = mark.at + this.#lag;
    this.tail = Array.from(this.tail)
      .slice(from - this.#from)
      .join("");
    this.#from = from;
    this.#marks = this.#marks.slice(last);
  }
}
