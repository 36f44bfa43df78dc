// One request of a trace: when, how long, and which prefix it shares with others.

export interface TraceRow {
  /** Milliseconds since the start of the trace. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** One id per `blockTokens` input tokens, prefix-chained: equal id ⇒ equal prefix up to there. Absent = nothing shared. */
  readonly hashIds: readonly number[] | undefined;
  readonly session: string | undefined;
  /** Tokens per hash id, where the row says so: recordings of a gateway do. */
  readonly blockTokens?: number;
  /** From the end of the session's last answer to this request, for clients that wait for answers. */
  readonly pauseMs?: number;
}

export interface Trace {
  /** `mooncake`, `azure`, `dynamo`, `recording`, `switchgear`, or the name of a generator. */
  readonly format: string;
  /** Tokens per hash id. */
  readonly blockTokens: number;
  /** By rising time. */
  readonly rows: readonly TraceRow[];
  readonly skipped: readonly SkippedRow[];
}

/** A row that could not be read. */
export interface SkippedRow {
  /** From 1. */
  readonly line: number;
  readonly why: string;
}
