// Compares pairs and judges verdicts in a thread: bounded, and without a word to the users' path.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { RawPair } from "../../gateway/index.ts";
import type {
  CrossScore,
  PairRecord,
  PairTexts,
  ScoreRequest,
  Verdict,
  VerdictOptions,
} from "../../migration/index.ts";

export type PairQuestion =
  | {
      readonly number: number;
      readonly kind: "compare";
      readonly pair: RawPair;
      readonly salt: Uint8Array;
      /** Patterns to mask in the texts that are kept; undefined when none are. */
      readonly mask?: readonly string[] | undefined;
    }
  | { readonly number: number; readonly kind: "score"; readonly reply: string; readonly promptTokens: number }
  | {
      readonly number: number;
      readonly kind: "judge";
      readonly records: readonly PairRecord[];
      readonly options: Omit<VerdictOptions, "random">;
      readonly seed: string;
    };

export interface Compared {
  readonly record: PairRecord;
  readonly texts?: PairTexts;
  /** To ask the legacy arm with, if there is time. */
  readonly scoring?: ScoreRequest;
}

export interface PairReply {
  readonly number: number;
  readonly compared?: Compared;
  readonly score?: CrossScore | undefined;
  readonly verdict?: Verdict;
  readonly error?: string;
}

export interface CompareOptions {
  readonly salt: Uint8Array;
  readonly mask?: readonly string[] | undefined;
}

export interface PairComparer {
  /** Starts the thread, which takes longer than a comparison. */
  warm(): void;
  /** Undefined when too many wait, or when the thread died over it. */
  compare(pair: RawPair, how: CompareOptions): Promise<Compared | undefined>;
  score(reply: string, promptTokens: number): Promise<CrossScore | undefined>;
  judge(
    records: readonly PairRecord[],
    options: Omit<VerdictOptions, "random">,
    seed: string,
  ): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

/** Answers in memory until the thread has them; a thread that starts or is behind for a moment loses nothing. */
const MAX_WAITING_BYTES = 64 << 20;
const MAX_WAITING = 4096;

type Ask = PairQuestion extends infer Q ? (Q extends PairQuestion ? Omit<Q, "number"> : never) : never;

export function pairComparer(): PairComparer {
  const waiting = new Map<number, (reply: PairReply | undefined) => void>();
  let thread: Worker | undefined;
  let next = 0;
  let waitingBytes = 0;

  function started(): Worker {
    if (thread !== undefined) return thread;
    const made = new Worker(threadFile());
    made.unref();
    made.on("message", (reply: PairReply) => waiting.get(reply.number)?.(reply));
    made.on("error", () => gone(made));
    made.on("exit", () => gone(made));
    thread = made;
    return made;
  }

  function gone(made: Worker): void {
    if (thread === made) thread = undefined;
    for (const answer of waiting.values()) answer(undefined);
  }

  function ask(question: Ask): Promise<PairReply | undefined> {
    const number = next++;
    return new Promise((resolve) => {
      waiting.set(number, (reply) => {
        waiting.delete(number);
        resolve(reply);
      });
      started().postMessage({ ...question, number });
    });
  }

  return {
    warm: () => void started(),
    async compare(pair, how) {
      const bytes = bytesOf(pair);
      if (waiting.size >= MAX_WAITING || waitingBytes + bytes > MAX_WAITING_BYTES) return undefined;
      waitingBytes += bytes;
      try {
        return (await ask({ kind: "compare", pair, ...how }))?.compared;
      } finally {
        waitingBytes -= bytes;
      }
    },
    score: async (reply, promptTokens) => (await ask({ kind: "score", reply, promptTokens }))?.score,
    judge: async (records, options, seed) => (await ask({ kind: "judge", records, options, seed }))?.verdict,
    close: async () => {
      await thread?.terminate();
    },
  };
}

function bytesOf({ primary, shadow, request }: RawPair): number {
  const answers = [...primary.chunks, ...shadow.chunks].reduce((sum, { length }) => sum + length, 0);
  return answers + (request?.body.length ?? 0);
}

/** As source in a clone, compiled in a package. */
function threadFile(): string {
  const extension = import.meta.filename.endsWith(".ts") ? "ts" : "js";
  return join(import.meta.dirname, `pair-thread.${extension}`);
}
