// From the events of a step to one published batch, with the faults in force.
import type { Clock } from "../../core/index.ts";
import { encodeKvEventBatch, type EngineHash, type KvEvent, type KvEventEncoding } from "../../vllm/index.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { KvEventPublisher } from "./kv-event-publisher.ts";

export interface KvEventStreamOptions {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly publisher: KvEventPublisher;
  readonly encoding: KvEventEncoding;
  /** `bytes` is vLLM with VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=0. */
  readonly hashes: "int" | "bytes";
}

/** Publishes one batch for a step that had events. */
export function kvEventStream(options: KvEventStreamOptions): (events: readonly KvEvent[]) => void {
  const { clock, faults, publisher } = options;
  publisher.silenceReplayWhile(() => faults.spec.kvEvents?.replaySilent ?? false);
  return (events) => {
    if (events.length === 0) return;
    const fault = faults.spec.kvEvents;
    if (fault?.silent) return faults.count("kvEvents:silent");
    if (faults.losesBatch()) return publisher.lose();
    if (fault?.blockSize !== undefined) faults.count("kvEvents:blockSize");
    const shown = events.map((event) => shownEvent(event, options.hashes, fault?.blockSize));
    const batch = { timestamp: clock.epoch() / 1000, events: shown, dataParallelRank: 0 };
    publisher.publish(encodeKvEventBatch(batch, options.encoding));
  };
}

function shownEvent(event: KvEvent, hashes: "int" | "bytes", blockSize: number | undefined): KvEvent {
  const shape = (hash: EngineHash) => (hashes === "bytes" ? digest(hash) : hash);
  if (event.kind === "removed") {
    return { ...event, hashes: event.hashes.map(shape), groupIndex: event.groupIndex ?? 0 };
  }
  if (event.kind !== "stored") return event;
  return {
    ...event,
    hashes: event.hashes.map(shape),
    parent: event.parent === null ? null : shape(event.parent),
    blockSize: blockSize ?? event.blockSize,
    groupIndex: event.groupIndex ?? 0,
    specKind: event.specKind ?? "full_attention",
  };
}

/** vLLM's integer is the low 64 bits of a 32-byte digest; the rest of ours is the same number again and again. */
function digest(hash: EngineHash): EngineHash {
  return typeof hash === "string" ? hash : hash.toString(16).padStart(16, "0").repeat(4);
}
