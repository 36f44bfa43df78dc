// KV that a prefill worker keeps for another one to pull: until that has begun to answer, the worker is not idle, so that a drain waits for it.
import type { Clock } from "../../core/index.ts";
import type { Worker } from "../../fleet/index.ts";

export interface KeptKv {
  /** It was pulled, or nobody will pull it. Idempotent. */
  over(): void;
}

/** A whole answer does not show when its first token was made: by then its KV has moved, or never will. */
const AT_LEAST_MS = 1000;
const OF_TRANSFER = 10;

export function keptKv(clock: Clock, producer: Worker, transferMs: number): KeptKv {
  const entry = producer.ledger.begin({ promptTokens: 0, cachedTokens: 0 });
  entry.firstToken(undefined);
  const timer = clock.after(Math.max(AT_LEAST_MS, OF_TRANSFER * transferMs), () => entry.end());
  return {
    over() {
      timer.cancel();
      entry.end();
    },
  };
}
