// A worker thread that answers one question after the other: bounded, with a limit of time, started by the first question.
import type { Clock } from "./clock.ts";
import { renewedThread } from "./renewed-thread.ts";

export interface AskedThread<Question, Answer> {
  /** Starts the thread, which may take longer than an answer. */
  warm(): void;
  /** Undefined when the thread is full, late or dead. What is in `moved` is no longer the caller's. `bytes`: what the question holds in memory. */
  ask(question: Question, moved?: readonly ArrayBuffer[], bytes?: number): Promise<Answer | undefined>;
  /** What is asked later has no answer. */
  close(): Promise<void>;
}

export interface AskedThreadOptions {
  /** Without its extension: source in a clone, compiled in a package. */
  readonly file: string;
  readonly data?: unknown;
  readonly clock: Clock;
  /** More questions than these are not asked. */
  readonly maxWaiting: number;
  /** In memory until the thread has them; default: only their number is bounded. */
  readonly maxWaitingBytes?: number;
  readonly limitMs: number;
}

export interface Numbered<Content> {
  readonly number: number;
  readonly content: Content;
}

/** The thread posts `{number, content}` for each `{number, content}` that it gets. */
export function askedThread<Question, Answer>(options: AskedThreadOptions): AskedThread<Question, Answer> {
  const { clock, maxWaiting, maxWaitingBytes = Number.POSITIVE_INFINITY, limitMs } = options;
  const waiting = new Map<number, (answer: Answer | undefined) => void>();
  const thread = renewedThread<Numbered<Question>, Numbered<Answer>>({
    file: options.file,
    data: options.data,
    onReply: ({ number, content }) => waiting.get(number)?.(content),
    onGone: giveUp,
  });
  let next = 0;
  let waitingBytes = 0;
  let isClosed = false;

  function giveUp(): void {
    for (const answer of waiting.values()) answer(undefined);
  }

  function ask(content: Question, moved: readonly ArrayBuffer[] = [], bytes = 0): Promise<Answer | undefined> {
    if (isClosed || waiting.size >= maxWaiting || waitingBytes + bytes > maxWaitingBytes)
      return Promise.resolve(undefined);
    const number = next++;
    waitingBytes += bytes;
    return new Promise((resolve) => {
      const timer = clock.after(limitMs, () => waiting.get(number)?.(undefined));
      waiting.set(number, (answer) => {
        timer.cancel();
        waiting.delete(number);
        waitingBytes -= bytes;
        resolve(answer);
      });
      thread.post({ number, content }, moved);
    });
  }

  return {
    warm: () => void (isClosed || thread.warm()),
    ask,
    close: async () => {
      isClosed = true;
      await thread.close();
      giveUp();
    },
  };
}
