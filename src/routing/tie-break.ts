// Breaks near-ties by power of two choices: two at random, then the better, so that equal workers share evenly.
import type { Random } from "../core/index.ts";
import type { Candidate } from "./policy.ts";

/** `costs[i]` belongs to `candidates[i]`. Index of the chosen one. */
export interface TieBreak {
  readonly index: number;
  readonly isTie: boolean;
}

/** Candidates whose cost is within `margin` of the lowest are a tie. The order of `candidates` does not matter. */
export function breakTie(
  candidates: readonly Candidate[],
  costs: ArrayLike<number>,
  margin: number,
  random: Random,
): TieBreak {
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < candidates.length; i++) lowest = Math.min(lowest, costs[i] ?? lowest);
  const tied: number[] = [];
  for (let i = 0; i < candidates.length; i++) if ((costs[i] ?? 0) <= lowest + margin) tied.push(i);
  if (tied.length < 2) return { index: tied[0] ?? 0, isTie: false };
  // By id, so that the same draw means the same worker in whatever order candidates come.
  tied.sort((a, b) => compareIds(candidates[a]?.id ?? "", candidates[b]?.id ?? ""));
  const first = random.int(tied.length);
  const other = random.int(tied.length - 1);
  const a = tied[first] ?? 0;
  const b = tied[other < first ? other : other + 1] ?? 0;
  return { index: requests(candidates[b]) < requests(candidates[a]) ? b : a, isTie: true };
}

function requests(candidate: Candidate | undefined): number {
  if (candidate === undefined) return 0;
  const { load } = candidate;
  return load.prefillRequests + load.decodeRequests + load.foreignRequests;
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
