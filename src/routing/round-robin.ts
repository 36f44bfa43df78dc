// round_robin: each candidate in turn, in order of their ids, whatever they have to do.
import type { Candidate, Policy } from "./policy.ts";

export function roundRobin(): Policy {
  const name = "round_robin";
  let last = "";
  return {
    name,
    settles: true,
    choose(_request, candidates) {
      const chosen = next(candidates, last);
      chosen.settle?.();
      last = chosen.id;
      const score = { worker: chosen.id, cost: 0, cachedTokens: chosen.overlapBlocks * chosen.blockSize };
      return { chosen, policy: name, reason: "next in turn", scores: [{ ...score, ttftMs: undefined }] };
    },
  };
}

/** The lowest id after `last`, else the lowest of all: a turn survives that workers come and go. */
function next(candidates: readonly Candidate[], last: string): Candidate {
  const [first] = candidates;
  if (first === undefined) throw new RangeError("a policy needs at least one candidate");
  let after: Candidate | undefined;
  let lowest = first;
  for (const candidate of candidates) {
    if (candidate.id < lowest.id) lowest = candidate;
    if (candidate.id > last && (after === undefined || candidate.id < after.id)) after = candidate;
  }
  return after ?? lowest;
}
