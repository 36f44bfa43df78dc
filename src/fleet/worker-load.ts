// What a worker has to do, as counted by the gateway itself.

export interface WorkerLoad {
  /** Prompt tokens sent, not known to be cached and not yet prefilled. */
  readonly prefillTokens: number;
  /** Σ over them of uncached × (cached + uncached / 2): the attention work in their prefill. */
  readonly prefillPairs?: number;
  /** Requests that still wait for their first token. */
  readonly prefillRequests: number;
  /** Requests that are producing tokens. */
  readonly decodeRequests: number;
  /** Σ of prompt + output tokens of the running requests. */
  readonly contextTokens: number;
  /** Of `decodeRequests`, those with up to 1, 3, 7 … tokens of answer; without it all are taken as long. */
  readonly answerAges?: ArrayLike<number>;
  /** This gateway's own of `decodeRequests`; live. */
  readonly answers?: readonly RunningAnswer[];
  /** What one of their `tokenCount` stands for, by the usage of answers that have ended; 1 without it. */
  readonly tokensPerCount?: number;
  /** As `answerAges`, of those that are not in `answers`. */
  readonly otherAges?: ArrayLike<number> | undefined;
  /** Requests on the worker that are not ours, by its last scrape; 0 when unknown. */
  readonly foreignRequests: number;
}

/** An answer whose tokens this gateway sees come. */
export interface RunningAnswer {
  /** When its first token came, by the gateway's clock. */
  readonly startedAt: number;
  /** Events with tokens that have come, the first one included; each may bring several. */
  readonly tokenCount: number;
}

/** Of a worker that has nothing to do. */
export const NO_LOAD: WorkerLoad & { readonly prefillPairs: number } = {
  prefillTokens: 0,
  prefillPairs: 0,
  prefillRequests: 0,
  decodeRequests: 0,
  contextTokens: 0,
  foreignRequests: 0,
};
