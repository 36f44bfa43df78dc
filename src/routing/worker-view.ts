// What a worker is doing, derived from its load, in the terms of the step model.
import type { WorkerLoad } from "../fleet/index.ts";
import type { DecodeLoad, PrefillWork } from "./step-table.ts";

/** Requests of others are taken for decoding ones of our own average length: nothing more is known of them. */
export function decodeLoad(load: WorkerLoad): DecodeLoad {
  const sequences = load.decodeRequests + load.foreignRequests;
  return { sequences, context: sequences * meanContext(load) };
}

/** The same once everything that waits for its first token decodes as well. */
export function fullDecodeLoad(load: WorkerLoad): DecodeLoad {
  const sequences = load.prefillRequests + load.decodeRequests + load.foreignRequests;
  return { sequences, context: load.contextTokens + load.foreignRequests * meanContext(load) };
}

/** Prefill work ahead of a new request. Without the ledger's own sum, all waiting prompts are taken as equal. */
export function prefillAhead(load: WorkerLoad): PrefillWork {
  const tokens = load.prefillTokens;
  return { tokens, pairs: load.prefillPairs ?? (tokens * tokens) / (2 * Math.max(1, load.prefillRequests)) };
}

function meanContext(load: WorkerLoad): number {
  const own = load.prefillRequests + load.decodeRequests;
  return own === 0 ? 0 : load.contextTokens / own;
}
