// How often the predicted cached tokens were what the worker reported.
import type { RequestSample } from "../../src/workload/index.ts";

export interface Agreement {
  /** Requests with both figures. */
  readonly requests: number;
  /** Requests predicted exactly ÷ requests. */
  readonly exactRequests: number;
  /** 1 − Σ|predicted − reported| ÷ Σ prompt tokens: share of blocks told rightly as cached or not. */
  readonly ofBlocks: number;
  /** 1 − Σ|predicted − reported| ÷ Σ max(predicted, reported): the same among blocks that either called cached. */
  readonly ofCachedBlocks: number;
}

export function agreement(samples: readonly RequestSample[]): Agreement {
  let [requests, exact, off, prompt, cached] = [0, 0, 0, 0, 0];
  for (const sample of samples) {
    const predicted = predictedTokens(sample);
    if (predicted === undefined || sample.cachedTokens === undefined || sample.promptTokens === undefined) continue;
    const difference = Math.abs(predicted - sample.cachedTokens);
    requests += 1;
    exact += difference === 0 ? 1 : 0;
    off += difference;
    prompt += sample.promptTokens;
    cached += Math.max(predicted, sample.cachedTokens);
  }
  return { requests, exactRequests: exact / requests, ofBlocks: 1 - off / prompt, ofCachedBlocks: 1 - off / cached };
}

function predictedTokens({ headers }: RequestSample): number | undefined {
  const header = headers["x-switchgear-route"];
  const match = typeof header === "string" ? /cached=(\d+)/.exec(header) : null;
  return match === null ? undefined : Number(match[1]);
}
