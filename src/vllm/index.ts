// Everything a vLLM server speaks; talks to no network.
export type {
  AllBlocksCleared,
  BlockRemoved,
  BlockStored,
  EngineHash,
  KvEvent,
  KvEventBatch,
  UnknownKvEvent,
} from "./kv-event.ts";
