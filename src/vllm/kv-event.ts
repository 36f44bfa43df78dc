// A KV-cache event of a vLLM worker, in the form that both wire encodings decode to.

/** An engine's own block hash: an unsigned 64-bit integer, or 32 bytes as lower-case hex. */
export type EngineHash = bigint | string;

export interface BlockStored {
  readonly kind: "stored";
  readonly hashes: readonly EngineHash[];
  /** Null for the first block of a sequence. */
  readonly parent: EngineHash | null;
  /** Flat: hashes.length × blockSize ids. */
  readonly tokenIds: readonly number[];
  readonly blockSize: number;
  /** GPU, CPU, STORAGE; null in old versions. */
  readonly medium: string | null;
  readonly loraName: string | null;
  /** One entry a block: null, or what else made the hash (a cache salt, a LoRA name, an image). */
  readonly extraKeys: readonly (readonly unknown[] | null)[] | null;
  readonly groupIndex: number | null;
  /** full_attention, sliding_window, …; null or absent in old versions. */
  readonly specKind?: string | null;
}

export interface BlockRemoved {
  readonly kind: "removed";
  readonly hashes: readonly EngineHash[];
  readonly medium: string | null;
  readonly groupIndex: number | null;
}

export interface AllBlocksCleared {
  readonly kind: "cleared";
}

/** An event of a newer vLLM; tolerated and counted. */
export interface UnknownKvEvent {
  readonly kind: "unknown";
  readonly type: string;
}

export type KvEvent = BlockStored | BlockRemoved | AllBlocksCleared | UnknownKvEvent;

export interface KvEventBatch {
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly events: readonly KvEvent[];
  readonly dataParallelRank: number | null;
}
