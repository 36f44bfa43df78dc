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
  const hold = options.include ? 0 : Math.max(0, longest - 1);
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
    const released = release(tail.length - hold);
    const drop = Math.max(0, Math.min(sent, tail.length - longest));
    tail = tail.slice(drop);
    sent -= drop;
    return { text: released };
  }

  return longest === 0 ? { push: (text) => ({ text }), rest: () => "" } : { push, rest: () => release(tail.length) };
}
