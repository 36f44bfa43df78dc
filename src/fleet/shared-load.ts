// A worker's load as all gateways see it: our own account, live, and what the others say of theirs.
import type { OwnLoad } from "./load-entry.ts";
import { NO_LOAD, type WorkerLoad } from "./worker-load.ts";

export interface SharedLoad {
  readonly total: WorkerLoad;
  share(remote: WorkerLoad | undefined): void;
}

export function sharedLoad(own: OwnLoad): SharedLoad {
  let remote: WorkerLoad = NO_LOAD;
  const ages = new Int32Array(own.answerAges.length);
  return {
    share(next) {
      remote = next ?? NO_LOAD;
    },
    total: {
      get prefillTokens() {
        return own.prefillTokens + remote.prefillTokens;
      },
      get prefillPairs() {
        return (own.prefillPairs ?? 0) + (remote.prefillPairs ?? 0);
      },
      get prefillRequests() {
        return own.prefillRequests + remote.prefillRequests;
      },
      get decodeRequests() {
        return own.decodeRequests + remote.decodeRequests;
      },
      get contextTokens() {
        return own.contextTokens + remote.contextTokens;
      },
      get foreignRequests() {
        return own.foreignRequests;
      },
      get answers() {
        return own.answers;
      },
      get tokensPerCount() {
        return own.tokensPerCount;
      },
      get otherAges() {
        return remote.answerAges;
      },
      get answerAges() {
        if (remote === NO_LOAD) return own.answerAges;
        for (let i = 0; i < ages.length; i++) ages[i] = (own.answerAges[i] ?? 0) + (remote.answerAges?.[i] ?? 0);
        return ages;
      },
    },
  };
}
