// One request inside the simulated engine, and what a step says about it.

export type FinishReason = "stop" | "length" | "abort" | "error";

/** What a prompt holds, by the unit instead of by the token: equal units at equal places hold equal tokens. */
export interface PromptContent {
  /** Length of the prompt. */
  readonly tokens: number;
  /** Blocks a unit. */
  readonly unitBlocks: number;
  /** Prefix-chained: equal unit ⇒ equal prefix up to there. Whole numbers ≥ 0 below 2³¹; the last unit may be cut. */
  readonly units: Int32Array;
}

/** A prompt that another engine has computed and keeps for this one. */
export interface RemotePrompt {
  /** Prompt tokens whose KV it keeps: all. */
  readonly tokens: number;
  /** The pull of `tokens` of them starts; how long it takes, in ms. */
  pull(tokens: number, nowMs: number): number;
  /** Asked when that time is over: whether everything came. */
  arrived(): boolean;
}

export interface EngineRequest {
  readonly id: string;
  /** Empty with `content`. */
  readonly promptIds: Int32Array;
  /** For an engine that keeps runs of blocks; stands for the tokens. */
  readonly content?: PromptContent | undefined;
  /** Output tokens at the most. */
  readonly maxTokens: number;
  /** Lower runs first under the priority policy. Default 0. */
  readonly priority: number;
  readonly lora?: string | undefined;
  /** Where the adapter was loaded from: the same name from another path is another prefix. */
  readonly loraPath?: string | undefined;
  readonly cacheSalt?: string | undefined;
  /** Computes its whole prompt, as one whose probabilities are asked for; what it computes is cached all the same. */
  readonly skipCache?: boolean | undefined;
  /** A prefill leg: its blocks are kept so long after its last token, unless they are released or the lease is renewed. */
  readonly leaseMs?: number | undefined;
  /** A decode leg: its prompt is pulled instead of computed, once. */
  readonly remote?: RemotePrompt | undefined;
  /**
   * The next output token after the prompt and `output`. Pure, so that a preempted or moved request continues identically.
   * `finish` ends the sequence with this token.
   */
  sample(output: readonly number[]): { readonly token: number; readonly finish?: "stop" };
}

/** One token of one request, made by one step. */
export interface TokenOutput {
  readonly id: string;
  readonly token: number;
  /** Set on the last token. */
  readonly finish: FinishReason | undefined;
  /** Prompt tokens found in the prefix cache when the request was first scheduled. */
  readonly cachedTokens: number;
  /** Prompt tokens whose KV came from another engine; absent = none. */
  readonly remoteTokens?: number;
}
