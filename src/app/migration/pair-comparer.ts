// Compares pairs and judges verdicts in a thread: bounded, and without a word to the users' path.
import { join } from "node:path";
import { askedThread, type Clock } from "../../core/index.ts";
import type { RawPair } from "../../gateway/index.ts";
import type { PairRecord, PairTexts, ScoreRequest, Verdict, VerdictOptions } from "../../migration/index.ts";
import type { Log } from "../../telemetry/index.ts";

export type PairQuestion =
  | {
      readonly kind: "compare";
      readonly pair: RawPair;
      readonly salt: Uint8Array;
      /** Patterns to mask in the texts that are kept; undefined when none are. */
      readonly mask?: readonly string[] | undefined;
    }
  | {
      readonly kind: "score";
      readonly number: number;
      /** Undefined: it was not asked, or did not answer. */
      readonly reply: string | undefined;
      readonly promptTokens: number;
    }
  | {
      readonly kind: "judge";
      readonly options: Omit<VerdictOptions, "random">;
      readonly seed: string;
    };

export interface Compared {
  readonly kind: PairRecord["kind"];
  readonly texts?: PairTexts;
  /** To ask the legacy arm with, if there is time; the pair is kept once its score, or that there is none, is told. */
  readonly scoring?: Scoring;
}

export interface Scoring extends ScoreRequest {
  readonly number: number;
}

export interface PairReply {
  readonly compared?: Compared;
  /** The pair is in memory, and could not be kept for a restart. */
  readonly notWritten?: string;
  readonly verdict?: Verdict;
  /** Nothing was kept. */
  readonly error?: string;
}

export interface CompareOptions {
  readonly salt: Uint8Array;
  readonly mask?: readonly string[] | undefined;
}

export interface PairComparer {
  /** Starts the thread, which takes longer than a comparison. */
  warm(): void;
  /** Compares and keeps. Undefined when too many wait, or when the thread died over it or takes too long. */
  compare(pair: RawPair, how: CompareOptions): Promise<Compared | undefined>;
  /** False when the pair is lost. */
  score(reply: string | undefined, scoring: Scoring): Promise<boolean>;
  /** On all pairs that are kept. */
  judge(options: Omit<VerdictOptions, "random">, seed: string): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

/** Answers in memory until the thread has them; a thread that starts or is behind for a moment loses nothing. */
const MAX_WAITING_BYTES = 64 << 20;
const MAX_WAITING = 4096;
/** A verdict on all pairs that are kept takes seconds. */
const LIMIT_MS = 120_000;

export interface PairComparerOptions {
  /** Where pairs are kept. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The pairs are in the thread: to hand thousands of them over, or to wait for a disk, would stop the users' event loop. */
export function pairComparer({ file, clock, log }: PairComparerOptions): PairComparer {
  const thread = askedThread<PairQuestion, PairReply>({
    file: join(import.meta.dirname, "pair-thread"),
    data: file,
    clock,
    maxWaiting: MAX_WAITING,
    maxWaitingBytes: MAX_WAITING_BYTES,
    limitMs: LIMIT_MS,
  });
  function told(reply: PairReply | undefined): PairReply | undefined {
    if (reply?.notWritten !== undefined)
      log.warn({ error: reply.notWritten }, "a pair could not be kept for a restart");
    return reply?.error === undefined ? reply : undefined;
  }

  return {
    warm: () => thread.warm(),
    compare: async (pair, how) =>
      told(await thread.ask({ kind: "compare", pair, ...how }, [], bytesOf(pair)))?.compared,
    score: async (reply, { number, promptTokens }) =>
      told(await thread.ask({ kind: "score", number, reply, promptTokens })) !== undefined,
    judge: async (options, seed) => (await thread.ask({ kind: "judge", options, seed }))?.verdict,
    close: () => thread.close(),
  };
}

function bytesOf({ primary, shadow, request }: RawPair): number {
  return primary.bytes.length + shadow.bytes.length + (request?.body.length ?? 0);
}
