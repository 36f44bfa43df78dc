// An engine whose places are all taken by streams, so that the next requests wait.
import { open, type OpenAnswer } from "./http.ts";
import { CHAT, chat } from "./probes/requests.ts";
import type { Target } from "./target.ts";
import { running } from "./worker-metrics.ts";

/** `--max-num-seqs` of every engine of the suite. */
const MOST_SEQUENCES = 8;
const MAX_TOKENS = 900;

export interface FullEngine {
  /** In the engine's places. */
  readonly streams: readonly OpenAnswer[];
  /** One more. */
  readonly ask: (more: object) => OpenAnswer;
  /** All places are taken, and so many requests wait. */
  readonly waiting: (count: number) => Promise<void>;
}

/**
 * A real server of two processors writes eight streams faster than it looks at new requests: at times it takes the next one only once
 * they are over (seen: 5 s without it among the waiting, `/metrics` answering). Then all of it is asked again.
 */
const ATTEMPTS = 5;

class StreamsOver extends Error {}

export async function whileFull<T>(target: Target, act: (engine: FullEngine) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await running(target, 0);
    const opened: OpenAnswer[] = [];
    try {
      return await act(await fill(target, opened));
    } catch (thrown) {
      if (!(thrown instanceof StreamsOver) || attempt === ATTEMPTS) throw thrown;
    } finally {
      for (const answer of opened) answer.leave();
      await running(target, 0);
    }
  }
}

async function fill(target: Target, opened: OpenAnswer[]): Promise<FullEngine> {
  const ask = (more: object): OpenAnswer => {
    const answer = open(target.url, { path: CHAT, body: chat({ ignore_eos: true, stream: true, ...more }) });
    opened.push(answer);
    return answer;
  };
  const streams = Array.from({ length: MOST_SEQUENCES }, () => ask({ max_tokens: MAX_TOKENS }));
  let over = false;
  for (const { ended } of streams) void ended.then((how) => (over ||= how !== "left"));
  const waiting = (count: number): Promise<void> =>
    running(target, MOST_SEQUENCES, {
      waiting: count,
      check: () => {
        if (over) throw new StreamsOver(`the streams were over before ${count} requests were seen to wait`);
      },
    });
  await waiting(0);
  return { streams, ask, waiting };
}
