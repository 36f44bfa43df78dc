// Token ids in the events of a stream: read from the bytes without parsing JSON, and taken out where only the gateway asked for them.

export interface IdSink {
  push(id: number): void;
}

const PROMPT_KEY = '"prompt_token_ids":[';
const OUTPUT_KEY = '"token_ids":[';

/** Where a list of ids stands in an event: from its key to after its closing bracket. */
export interface IdSpan {
  readonly key: number;
  readonly open: number;
  readonly end: number;
}

/** `text` is the event in Latin-1, so that places in it are places in its bytes. Undefined when there is no such list. */
export function promptIdSpan(text: string): IdSpan | undefined {
  return spanOf(text, PROMPT_KEY);
}

/** The quote in the key tells it from the prompt's. */
export function outputIdSpan(text: string): IdSpan | undefined {
  return spanOf(text, OUTPUT_KEY);
}

function spanOf(text: string, name: string): IdSpan | undefined {
  const key = text.indexOf(name);
  if (key < 0) return undefined;
  const open = key + name.length - 1;
  const close = text.indexOf("]", open);
  return close < 0 ? undefined : { key, open, end: close + 1 };
}

/** Gives each id of the list to `sink`; returns how many there were. */
export function readIds(text: string, span: IdSpan, sink: IdSink): number {
  let count = 0;
  let id = -1;
  for (let at = span.open + 1; at < span.end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      id = (id < 0 ? 0 : id * 10) + digit;
    } else if (id >= 0) {
      sink.push(id);
      count += 1;
      id = -1;
    }
  }
  return count;
}

const NULL = Buffer.from("null");

/** The event as a worker writes it that was not asked for ids: `null` in the list's place, or no member at all. */
export function withoutIds(raw: Buffer, span: IdSpan, style: "null" | "absent"): Buffer {
  if (style === "null") return spliced(raw, span.open, span.end, NULL);
  const comma = raw[span.key - 1] === 44;
  if (comma) return spliced(raw, span.key - 1, span.end, undefined);
  return spliced(raw, span.key, raw[span.end] === 44 ? span.end + 1 : span.end, undefined);
}

function spliced(raw: Buffer, from: number, to: number, by: Buffer | undefined): Buffer {
  const middle = by?.length ?? 0;
  const out = Buffer.allocUnsafe(raw.length - (to - from) + middle);
  raw.copy(out, 0, 0, from);
  by?.copy(out, from);
  raw.copy(out, from + middle, to);
  return out;
}
