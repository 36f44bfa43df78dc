// Chat template → text → token ids → chained block hashes; knows no workers.
export type { BlockHashes, HashSeed } from "./block-hashes.ts";
export type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
