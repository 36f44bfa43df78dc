// G5, told and not judged: what the legacy arm thinks of the candidate's answers where they part from its own.
import type { PairRecord } from "../compare/pair-record.ts";
import { type Gate, percentPoints } from "./gate.ts";

/** Undefined when none was scored. */
export function crossScoreGate(pairs: readonly PairRecord[]): Gate | undefined {
  const scores = pairs.flatMap(({ crossScore }) => (crossScore === undefined ? [] : [crossScore]));
  const tokens = scores.reduce((sum, one) => sum + one.tokens, 0);
  if (tokens === 0) return undefined;
  const mean = (read: (one: (typeof scores)[number]) => number) =>
    scores.reduce((sum, one) => sum + one.tokens * read(one), 0) / tokens;
  const perplexity = Math.exp(-mean(({ meanLogprob }) => meanLogprob));
  const beyondTen = mean((one) => one.beyondTen);
  const found = `perplexity ${perplexity.toFixed(2)}, ${percentPoints(beyondTen)} of the tokens beyond its ten most likely`;
  return {
    id: "G5",
    what: "candidate's parted answers as the legacy scores them",
    status: "report",
    rejects: false,
    rule: "reported",
    n: scores.length,
    estimate: perplexity,
    text: `candidate's parted answers as the legacy scores them: ${found}, n = ${scores.length}`,
  };
}
