// The time of one engine step as a function of what is in it.

/** What one step computes. */
export interface StepLoad {
  /** New tokens: all prefill chunks plus one per decoding sequence. */
  readonly tokens: number;
  /** Sequences that decode one token. */
  readonly decodeSequences: number;
  /** Σ context length of the decoding sequences, in tokens. */
  readonly decodeContext: number;
  /** Σ over prefill chunks of chunk × (tokens before it + chunk / 2), in token pairs. */
  readonly prefillPairs: number;
}

/** Closed-form step model of one GPU, model, precision and TP. */
export interface StepCost {
  /** Milliseconds of one step. */
  stepMs(load: StepLoad): number;
  /** Milliseconds between the end of the last prefill chunk and the first byte, plus what precedes scheduling. */
  overheadMs(promptTokens: number): number;
  /** Milliseconds to prefill `uncached` tokens after `cached` ones, while `decodeSequences` decode at `decodeContext`; chunked by the token budget. */
  prefillMs(prefill: {
    readonly cached: number;
    readonly uncached: number;
    readonly decodeSequences: number;
    readonly decodeContext: number;
  }): number;
}
