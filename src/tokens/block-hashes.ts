// The chained hashes of a token sequence's full KV blocks: equal hash at i ⇔ equal tokens in blocks 0…i, model, LoRA and salt.

/** Hash i is the pair words[2i] (low 32 bits), words[2i+1] (high 32 bits). */
export interface BlockHashes {
  /** Full blocks only; a partial last block has no hash. */
  readonly count: number;
  readonly blockSize: number;
  /** At least 2 × count entries. */
  readonly words: Int32Array;
}

/** What makes equal tokens different content. */
export interface HashSeed {
  readonly model: string;
  readonly lora?: string | undefined;
  readonly salt?: string | undefined;
}
