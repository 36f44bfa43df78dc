// What one request of a load run showed: all times in ms from the start of the run.

export interface RequestSample {
  /** When the plan wanted it sent. */
  readonly plannedAt: number;
  readonly sentAt: number;
  /** First SSE event with choices, even an empty role chunk (vLLM bench's TTFT). */
  readonly firstChunkAt: number | undefined;
  /** First token-bearing event (inference-perf's TTFT). */
  readonly firstTokenAt: number | undefined;
  /** Last token-bearing event. */
  readonly lastTokenAt: number | undefined;
  /** Gaps between consecutive token-bearing events. */
  readonly gaps: readonly number[];
  /** Token-bearing events; fewer than tokens when an event carries several. */
  readonly chunks: number;
  readonly outcome: "ok" | "error" | "timeout";
  readonly status: number | undefined;
  /** Why it is not ok. */
  readonly failure: string | undefined;
  /** From `usage`; undefined when the server did not say. */
  readonly promptTokens: number | undefined;
  readonly cachedTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** The answer, when it was asked to be collected. */
  readonly text: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
