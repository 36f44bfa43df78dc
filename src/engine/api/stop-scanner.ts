// Finds stop strings in text that grows, and holds back what may be the beginning of one.

export interface StopScanner {
  /** Text that is safe to send; `hit` is the stop string that has been found. `look` = false: nothing stops yet (min_tokens). */
  push(text: string, look?: boolean): { readonly text: string; readonly hit?: string };
  /** What is still held back, when the sequence ends for another reason. */
  rest(): string;
}

export interface StopOptions {
  /** Keeps the stop string in the text and holds nothing back. */
  readonly include: boolean;
}

export function stopScanner(stops: readonly string[], options: StopOptions): StopScanner {
  const longest = stops.reduce((most, stop) => Math.max(most, stop.length), 0);
  // Characters as Python counts them, so that none is torn.
  const hold = options.include ? 0 : Math.max(0, ...stops.map((stop) => Array.from(stop).length - 1));
  // The end of the text so far; `sent` of its characters have left.
  let tail = "";
  let sent = 0;

  function release(end: number): string {
    const from = sent;
    sent = Math.max(from, end);
    return tail.slice(from, sent);
  }

  function push(text: string, look = true): { readonly text: string; readonly hit?: string } {
    const searchFrom = Math.max(0, tail.length - longest + 1);
    tail += text;
    for (const stop of look ? stops : []) {
      const at = tail.indexOf(stop, searchFrom);
      if (at >= 0) return { text: release(options.include ? at + stop.length : at), hit: stop };
    }
    const released = release(before(tail, hold));
    const drop = Math.max(0, Math.min(sent, tail.length - longest));
    tail = tail.slice(drop);
    sent -= drop;
    return { text: released };
  }

  return longest === 0 ? { push: (text) => ({ text }), rest: () => "" } : { push, rest: () => release(tail.length) };
}

/** Offset of the last `count` characters. */
function before(text: string, count: number): number {
  let at = text.length;
  for (let i = 0; i < count && at > 0; i++) at -= isLow(text, at - 1) ? 2 : 1;
  return at;
}

/** The second half of a character beyond the first 65,536. */
function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 0;
}
