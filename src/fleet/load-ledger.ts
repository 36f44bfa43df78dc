// The gateway's own account of what it has sent to one worker and what has not come back: never stale.
import { AGES, LedgerEntry, type LedgerListener, type LoadEntry, type OwnLoad, type SentLeg } from "./load-entry.ts";
import { sharedLoad } from "./shared-load.ts";
import { NO_LOAD, type WorkerLoad } from "./worker-load.ts";

export interface LoadLedger {
  /** Live view; the same object on every call. */
  readonly load: WorkerLoad;
  /** `load` and what other gateways have there; the same object on every call. */
  readonly total: WorkerLoad;
  /** By the word of the other gateways; undefined = none is known. */
  share(remote: WorkerLoad | undefined): void;
  /** Counts a leg from the moment it is sent. */
  begin(leg: SentLeg): LoadEntry;
  /** Corrects by a scrape: `requests` running and waiting at the worker. */
  correct(requests: number): void;
}

export function loadLedger(listener?: LedgerListener): LoadLedger {
  const load: OwnLoad = { ...NO_LOAD, answerAges: new Int32Array(AGES), answers: [], tokensPerCount: 1 };
  const shared = sharedLoad(load);
  return {
    load,
    total: shared.total,
    share: (remote) => shared.share(remote),
    begin: (leg) => new LedgerEntry(leg, load, listener),
    correct(requests) {
      const { prefillRequests, decodeRequests } = shared.total;
      load.foreignRequests = Math.max(0, requests - prefillRequests - decodeRequests);
    },
  };
}
