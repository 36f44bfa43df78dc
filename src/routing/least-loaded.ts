// least_loaded: the worker that would be done with its work first; ignores caches, so it suits requests without prefix identity.
import { cachedTokens } from "./cached-tokens.ts";
import { DEFAULT_COST } from "./cost.ts";
import { decide } from "./decide.ts";
import type { Candidate, Policy } from "./policy.ts";
import { stepTable } from "./step-table.ts";
import { decodeLoad, fullDecodeLoad, prefillAhead } from "./worker-view.ts";

const TIE_MS = 1;

export function leastLoaded(expectedOutputTokens = DEFAULT_COST.expectedOutputTokens): Policy {
  const name = "least_loaded";
  return {
    name,
    choose(request, candidates, random) {
      const values = Float64Array.from(candidates, (candidate) => outstandingMs(candidate, expectedOutputTokens));
      const detail = (i: number) => {
        const candidate = candidates[i];
        return { cachedTokens: candidate ? cachedTokens(request, candidate) : 0, ttftMs: undefined };
      };
      return decide(candidates, { policy: name, values, margin: TIE_MS, choices: "two", detail }, random);
    },
  };
}

/** Prefill of all waiting tokens, then all requests decode side by side for the expected output length. */
export function outstandingMs({ cost, load, slowdown }: Candidate, outputTokens: number): number {
  const table = stepTable(cost);
  const prefillMs = table.prefillMs(prefillAhead(load), decodeLoad(load));
  return slowdown * (prefillMs + outputTokens * table.decodeMs(fullDecodeLoad(load)));
}
