// Breaks ties so that equal workers share evenly: our own policies by power of two choices, others as their source does.
import type { Random } from "../core/index.ts";
import type { Candidate } from "./policy.ts";
import { requests } from "./worker-view.ts";

export interface TieBreak {
  readonly index: number;
  readonly isTie: boolean;
}

export interface TieRule {
  /** Costs within this much of the lowest are equal. */
  readonly margin: number;
  /** two: of two at random the one with fewer requests · one: any. */
  readonly choices: "one" | "two";
}

/** `costs[i]` belongs to `candidates[i]`, whose order does not matter. */
export function breakTie(
  candidates: readonly Candidate[],
  costs: ArrayLike<number>,
  { margin, choices }: TieRule,
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
  const a = tied[first] ?? 0;
  if (choices === "one") return { index: a, isTie: true };
  const other = random.int(tied.length - 1);
  const b = tied[other < first ? other : other + 1] ?? 0;
  return { index: requestsOf(candidates[b]) < requestsOf(candidates[a]) ? b : a, isTie: true };
}

function requestsOf(candidate: Candidate | undefined): number {
  return candidate === undefined ? 0 : requests(candidate.load);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
