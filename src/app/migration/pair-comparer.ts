// Compares pairs and judges verdicts in a thread: bounded, and without a word to the users' path.
import { join } from "node:path";
import { askedThread, type Clock } from "../../core/index.ts";
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
      readonly kind: "compare";
      readonly pair: RawPair;
      readonly salt: Uint8Array;
      /** Patterns to mask in the texts that are kept; undefined when none are. */
      readonly mask?: readonly string[] | undefined;
    }
  | { readonly kind: "score"; readonly reply: string; readonly promptTokens: number }
  | {
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
  /** Undefined when too many wait, or when the thread died over it or takes too long. */
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
/** A verdict on all pairs that are kept takes seconds. */
const LIMIT_MS = 120_000;

export function pairComparer(clock: Clock): PairComparer {
  const thread = askedThread<PairQuestion, PairReply>({
    file: join(import.meta.dirname, "pair-thread"),
    clock,
    maxWaiting: MAX_WAITING,
    maxWaitingBytes: MAX_WAITING_BYTES,
    limitMs: LIMIT_MS,
  });
  return {
    warm: () => thread.warm(),
    compare: async (pair, how) => (await thread.ask({ kind: "compare", pair, ...how }, [], bytesOf(pair)))?.compared,
    score: async (reply, promptTokens) => (await thread.ask({ kind: "score", reply, promptTokens }))?.score,
    judge: async (records, options, seed) => (await thread.ask({ kind: "judge", records, options, seed }))?.verdict,
    close: () => thread.close(),
  };
}

function bytesOf({ primary, shadow, request }: RawPair): number {
  return primary.bytes.length + shadow.bytes.length + (request?.body.length ?? 0);
}
