// What a worker is doing, derived from its load, in the terms of the step model. Each figure only grows with load.
import type { WorkerLoad } from "../fleet/index.ts";
import type { DecodeLoad, PrefillWork } from "./step-table.ts";

/** Nothing is known of requests that others sent but their number: they are taken for decoding ones of this length. */
const FOREIGN_CONTEXT = 1024;

/** What decodes now; the cached part of waiting prompts is counted in, for the ledger does not tell it apart. */
export function decodeLoad(load: WorkerLoad): DecodeLoad {
  const own = Math.max(0, load.contextTokens - load.prefillTokens);
  return { sequences: load.decodeRequests + load.foreignRequests, context: own + foreignContext(load) };
}

/** The same once everything that waits for its first token decodes as well. */
export function fullDecodeLoad(load: WorkerLoad): DecodeLoad {
  return { sequences: requests(load), context: load.contextTokens + foreignContext(load) };
}

/** Prefill work ahead of a new request. Without the ledger's own sum, all waiting prompts are taken as equal. */
export function prefillAhead(load: WorkerLoad): PrefillWork {
  const tokens = load.prefillTokens;
  return { tokens, pairs: load.prefillPairs ?? (tokens * tokens) / (2 * Math.max(1, load.prefillRequests)) };
}

/** All requests on a worker, whoever sent them. */
export function requests(load: WorkerLoad): number {
  return load.prefillRequests + load.decodeRequests + load.foreignRequests;
}

function foreignContext(load: WorkerLoad): number {
  return load.foreignRequests * FOREIGN_CONTEXT;
}
