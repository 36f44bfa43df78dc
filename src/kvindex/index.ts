// Which worker holds which block, by events or prediction; chooses none.
export { type KvEventFeed, type KvEventFeedStatus, startKvEventFeed } from "./kv-event-feed.ts";
export type { EventPosition } from "./event-position.ts";
export type { WorkerBlocks } from "./worker-blocks.ts";
export type { KvIndex, KvIndexStats } from "./kv-index.ts";
export { memoryIndex, type MemoryIndexOptions } from "./memory-index.ts";
