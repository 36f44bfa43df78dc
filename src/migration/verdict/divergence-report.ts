// How long deterministic outputs stay equal token by token, against the legacy's own repeats. Told, not judged.
import { type Duration, kaplanMeier, logRankTest } from "../../stats/index.ts";
import type { PairRecord } from "../compare/pair-record.ts";

export interface DivergenceReport {
  readonly pairs: number;
  readonly repeats: number;
  /** Share of outputs still equal after so many tokens. */
  readonly curve: readonly { readonly tokens: number; readonly pairs: number; readonly repeats?: number }[];
  /** P value that both part equally late; absent without repeats. */
  readonly logRankP?: number;
}

const MARKS = [1, 4, 16, 64, 256, 1024];

/** Undefined when no deterministic pair came with tokens. */
export function divergenceReport(
  pairs: readonly PairRecord[],
  repeats: readonly PairRecord[],
): DivergenceReport | undefined {
  const [ours, noise] = [durations(pairs), durations(repeats)];
  if (ours.length === 0) return undefined;
  const [one, two] = [survivalAt(ours), survivalAt(noise)];
  const curve = MARKS.map((tokens) => ({
    tokens,
    pairs: one(tokens),
    ...(noise.length === 0 ? {} : { repeats: two(tokens) }),
  }));
  return {
    pairs: ours.length,
    repeats: noise.length,
    curve,
    ...(noise.length === 0 ? {} : { logRankP: logRankTest(ours, noise) }),
  };
}

/** Parting at token 1 counts as length 1: nothing lasts 0. */
function durations(records: readonly PairRecord[]): readonly Duration[] {
  return records.flatMap(({ determinism, comparison }) => {
    const divergence = comparison?.divergence;
    if (determinism === "sampled" || divergence === undefined) return [];
    return [{ length: divergence.index + 1, ended: divergence.diverged }];
  });
}

function survivalAt(list: readonly Duration[]): (tokens: number) => number {
  const points = kaplanMeier(list);
  return (tokens) => points.findLast(({ length }) => length <= tokens)?.share ?? 1;
}
