// The usual event of a stream: as the one before it but for its text and its token id, so comparing takes the place of searching.

/** An event that was looked at closely and is text and nothing else; all in Latin-1, so that places are places in the bytes. */
export interface KnownEvent {
  readonly text: string;
  /** Where its output text begins, after the quote. */
  readonly start: number;
  /** Offsets after the opening and before the closing bracket of its one token id; undefined when it has none. */
  readonly id: { readonly from: number; readonly to: number } | undefined;
  /** What the client gets of it; differs only behind the text. */
  readonly given: string;
}

/** Longer events are rare, and copying them costs more than looking. */
const MAX_BYTES = 4096;

const LF = "\n";
const QUOTE = '"';
const BACKSLASH = 92;
const ZERO = 48;
const MAX_DIGITS = 9;
/** A stream whose events differ in more gets no further tries. */
const MAX_MISSES = 8;

/** A class: one a stream, asked for each chunk. */
export class UsualEvent {
  /** Of the event that matched last: its token id, and its text as it stands there, escaped and in Latin-1. */
  id = -1;
  text = "";
  #before = "";
  #middle = "";
  #after = "";
  /** Undefined = the client gets the event as it came. */
  #givenAfter: string | undefined;
  #hasId = false;
  #misses = 0;

  /** What the client gets of `chunk` when it is one event that differs from the known one in text and id alone. */
  match(chunk: Buffer): string | undefined {
    const before = this.#before;
    if (before === "" || chunk.length > MAX_BYTES) return undefined;
    // Comparing whole strings takes a fraction of what `startsWith` takes.
    if (chunk.toString("latin1", 0, before.length) !== before) return undefined;
    const rest = chunk.toString("latin1", before.length);
    const end = textEnd(rest, 0);
    const from = end + this.#middle.length;
    if (end <= 0 || rest.slice(end, from) !== this.#middle) return undefined;
    const to = this.#hasId ? this.#readId(rest, from) : from;
    if (to < 0 || rest.slice(to) !== this.#after) return undefined;
    // A line end within the text would begin another line of the stream.
    if (rest.indexOf(LF) !== rest.length - 2) return undefined;
    this.#misses = 0;
    this.text = rest.slice(0, end);
    return before + (this.#givenAfter === undefined ? rest : this.text + this.#givenAfter);
  }

  learn({ text, start, id, given }: KnownEvent): void {
    if (this.#misses === MAX_MISSES || !isOne(text)) return this.forget();
    this.#misses += 1;
    const end = textEnd(text, start);
    const middle = id === undefined ? text.length - 2 : id.from;
    if (end < 0 || middle < end || !given.startsWith(text.slice(0, end))) return this.forget();
    this.#before = text.slice(0, start);
    this.#hasId = id !== undefined;
    this.#middle = text.slice(end, middle);
    this.#after = text.slice(id?.to ?? middle);
    this.#givenAfter = given === text ? undefined : given.slice(end);
  }

  forget(): void {
    this.#before = "";
  }

  /** The offset after the id, −1 when there is not exactly one. */
  #readId(text: string, from: number): number {
    let at = from;
    let id = 0;
    for (; at < from + MAX_DIGITS; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      id = id * 10 + digit;
    }
    this.id = id;
    return at === from ? -1 : at;
  }
}

/** As `isOneEvent`, of an event with an object. */
function isOne(text: string): boolean {
  const end = text.length - 2;
  return text.startsWith("data: {") && text.indexOf(LF) === end && text.endsWith("\n\n") && text[end - 1] !== "\r";
}

/** The closing quote of the text at `start`; −1 when there is none. */
function textEnd(text: string, start: number): number {
  for (let quote = text.indexOf(QUOTE, start); quote >= 0; quote = text.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (quote - 1 - slashes >= start && text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return -1;
}
