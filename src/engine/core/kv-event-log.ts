// Collects KV events in vLLM's form until they are taken.
import type { EngineHash, KvEvent } from "../../vllm/index.ts";
import type { SequenceState } from "./sequence-state.ts";

export interface KvEventLog {
  /** Blocks `from`…`to` of a sequence became known to the prefix cache. */
  stored(sequence: SequenceState, from: number, to: number): void;
  removed(low: number, high: number): void;
  cleared(): void;
  take(): readonly KvEvent[];
}

const NONE: readonly KvEvent[] = [];

export function kvEventLog(blockSize: number): KvEventLog {
  let events: KvEvent[] = [];
  return {
    stored(sequence, from, to) {
      const { lora, cacheSalt } = sequence.request;
      const tokens = new Int32Array((to - from) * blockSize);
      sequence.copyTokens(from * blockSize, tokens);
      events.push({
        kind: "stored",
        hashes: Array.from({ length: to - from }, (_, i) => hashOf(sequence, from + i)),
        parent: from === 0 ? null : hashOf(sequence, from - 1),
        tokenIds: Array.from(tokens),
        blockSize,
        medium: "GPU",
        loraName: lora ?? null,
        extraKeys: Array.from({ length: to - from }, (_, i) => extraKeys(lora, from + i === 0 ? cacheSalt : undefined)),
        groupIndex: 0,
      });
    },
    removed(low, high) {
      events.push({ kind: "removed", hashes: [unsigned(low, high)], medium: "GPU", groupIndex: 0 });
    },
    cleared: () => void events.push({ kind: "cleared" }),
    take() {
      if (events.length === 0) return NONE;
      const taken = events;
      events = [];
      return taken;
    },
  };
}

/** vLLM's order: LoRA name on every block, the salt on the first one only. */
function extraKeys(lora: string | undefined, salt: string | undefined): readonly unknown[] | null {
  const keys = [lora, salt].filter((key) => key !== undefined);
  return keys.length === 0 ? null : keys;
}

function hashOf(sequence: SequenceState, block: number): EngineHash {
  return unsigned(sequence.hashes[2 * block] ?? 0, sequence.hashes[2 * block + 1] ?? 0);
}

function unsigned(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
