// The gateway's own account of what it has sent to one worker and what has not come back: never stale.
import { sharedLoad } from "./shared-load.ts";
import { NO_LOAD, type WorkerLoad } from "./worker-load.ts";

/** One leg's entry in the ledger. Calls after `end` do nothing. */
export interface LoadEntry {
  /** The first token came: prefill is over. */
  firstToken(): void;
  /** `count` more output tokens exist. */
  tokens(count: number): void;
  /** The leg is over, however it ended. Idempotent. */
  end(): void;
}

export interface LoadLedger {
  /** Live view; the same object on every call. */
  readonly load: WorkerLoad;
  /** `load` and what other gateways have there; the same object on every call. */
  readonly total: WorkerLoad;
  /** By the word of the other gateways; undefined = none is known. */
  share(remote: WorkerLoad | undefined): void;
  /** Counts a leg from the moment it is sent. */
  begin(leg: { readonly promptTokens: number; readonly cachedTokens: number }): LoadEntry;
  /** Corrects by a scrape: `requests` running and waiting at the worker. */
  correct(requests: number): void;
}

export interface LedgerListener {
  onBegin(): void;
  onEnd(): void;
}

const AGES = 12;

export function loadLedger(listener?: LedgerListener): LoadLedger {
  const load = {
    ...NO_LOAD,
    answerAges: new Int32Array(AGES),
  };

  function begin({
    promptTokens,
    cachedTokens,
  }: {
    readonly promptTokens: number;
    readonly cachedTokens: number;
  }): LoadEntry {
    const uncached = Math.max(0, promptTokens - cachedTokens);
    const pairs = uncached * (cachedTokens + uncached / 2);
    let phase: "prefill" | "decode" | "over" = "prefill";
    let context = promptTokens;
    let age = 0;
    load.prefillTokens += uncached;
    load.prefillPairs += pairs;
    load.prefillRequests += 1;
    load.contextTokens += context;
    listener?.onBegin();

    function leavePrefill(): void {
      load.prefillTokens -= uncached;
      load.prefillPairs -= pairs;
      load.prefillRequests -= 1;
    }

    function grow(older: number): void {
      count(load.answerAges, age, -1);
      age = older;
      count(load.answerAges, age, 1);
    }

    return {
      firstToken() {
        if (phase !== "prefill") return;
        leavePrefill();
        phase = "decode";
        load.decodeRequests += 1;
        count(load.answerAges, age, 1);
      },
      tokens(more) {
        if (phase === "over") return;
        context += more;
        load.contextTokens += more;
        if (phase === "decode" && ageOf(context - promptTokens) !== age) grow(ageOf(context - promptTokens));
      },
      end() {
        if (phase === "over") return;
        if (phase === "prefill") leavePrefill();
        else {
          load.decodeRequests -= 1;
          count(load.answerAges, age, -1);
        }
        load.contextTokens -= context;
        phase = "over";
        listener?.onEnd();
      },
    };
  }

  const shared = sharedLoad(load);
  return {
    load,
    total: shared.total,
    share: (remote) => shared.share(remote),
    begin,
    correct(requests) {
      const { prefillRequests, decodeRequests } = shared.total;
      load.foreignRequests = Math.max(0, requests - prefillRequests - decodeRequests);
    },
  };
}

/** Of powers of two of tokens. */
function ageOf(tokens: number): number {
  return Math.min(AGES - 1, 31 - Math.clz32(Math.max(1, tokens)));
}

function count(ages: Int32Array, age: number, change: number): void {
  ages[age] = (ages[age] ?? 0) + change;
}
