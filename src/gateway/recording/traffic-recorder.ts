// Writes one line a served request: when, how long, which blocks are equal to which. No text, no names of users.
import type { PromptIdentity } from "../prompt-identity.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import { completionTokensOf } from "../usage.ts";
import { blockIds } from "./block-ids.ts";

/** What takes the lines; must neither block nor throw. */
export interface LineSink {
  write(line: string): void;
}

export interface TrafficRecorder {
  identified(record: RequestRecord, identity: PromptIdentity): void;
  ended(record: RequestRecord, outcome: Outcome): void;
}

export function trafficRecorder(sink: LineSink): TrafficRecorder {
  const ids = blockIds();
  const blocks = new WeakMap<RequestRecord, { readonly size: number; readonly ids: readonly number[] }>();
  return {
    identified(record, { hashes }) {
      // Their buffer may be used again for the next request, so they are read now.
      if (hashes !== undefined) blocks.set(record, { size: hashes.blockSize, ids: ids.of(hashes) });
    },
    ended(record, outcome) {
      const input = record.usage?.promptTokens ?? record.promptTokens;
      if (record.legs.length === 0 || input === undefined || outcome === "rejected") return;
      const known = blocks.get(record);
      const { firstTokenAt, readAt, usage, stream } = record;
      const row = {
        timestamp: record.arrivedEpoch,
        input_length: input,
        output_length: completionTokensOf(record) ?? record.tokenEvents,
        ...(known === undefined ? {} : { hash_ids: known.ids, block_size: known.size }),
        model: record.model,
        outcome,
        cached_tokens: usage?.cachedTokens,
        ttft_ms:
          stream && firstTokenAt !== undefined && readAt !== undefined ? round(firstTokenAt - readAt) : undefined,
      };
      sink.write(`${JSON.stringify(row)}\n`);
    },
  };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
