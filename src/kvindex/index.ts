// Which worker holds which block, by events or prediction; chooses none.
export type { KvIndex, KvIndexStats } from "./kv-index.ts";
