// A worker's load as a row of numbers, for the other gateways, and back.
import type { WorkerLoad } from "../../fleet/index.ts";
import type { LoadRow } from "../../cluster/index.ts";

export function loadRow(load: WorkerLoad): LoadRow {
  const { prefillTokens, prefillPairs = 0, prefillRequests, decodeRequests, contextTokens, answerAges = [] } = load;
  return [prefillTokens, prefillPairs, prefillRequests, decodeRequests, contextTokens, ...Array.from(answerAges)];
}

export function loadOfRow(row: LoadRow): WorkerLoad {
  const [
    prefillTokens = 0,
    prefillPairs = 0,
    prefillRequests = 0,
    decodeRequests = 0,
    contextTokens = 0,
    ...answerAges
  ] = row;
  return {
    prefillTokens,
    prefillPairs,
    prefillRequests,
    decodeRequests,
    contextTokens,
    answerAges,
    foreignRequests: 0,
  };
}
