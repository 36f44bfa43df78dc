// Where two token sequences part, and how much that means.
import type { AnswerChoice, AnswerToken } from "./answer.ts";

export interface Divergence {
  /** Equal tokens before the first different one, or before the shorter answer ends. */
  readonly index: number;
  /** False when nothing differed as far as both went: the comparison is censored there. */
  readonly diverged: boolean;
}

export function firstDivergence(a: readonly string[], b: readonly string[]): Divergence {
  const shorter = Math.min(a.length, b.length);
  let index = 0;
  while (index < shorter && a[index] === b[index]) index++;
  return { index, diverged: index < shorter || a.length !== b.length };
}

export type Severity =
  /** Each side's token is likely on the other side, within half a nat of its own: noise of the arithmetic. */
  | "tie"
  /** Each side's token is among the other's most likely (vLLM's check_logprobs_close). */
  | "top-k"
  /** A side would not have said it. */
  | "outside";

const TIE_NATS = 0.5;

/** Undefined without logprobs on both sides at the place where they part. */
export function severityAt(a: AnswerChoice, b: AnswerChoice, index: number): Severity | undefined {
  const [one, two] = [a.logprobs?.[index], b.logprobs?.[index]];
  if (one === undefined || two === undefined || one.top.length === 0 || two.top.length === 0) return undefined;
  const gaps = [gap(one, two.token), gap(two, one.token)];
  if (gaps.some((one) => one === undefined)) return "outside";
  return gaps.every((one) => Math.abs(one ?? 0) < TIE_NATS) ? "tie" : "top-k";
}

/** Nats between the token said and the other side's token, as seen from here. */
function gap(here: AnswerToken, other: string): number | undefined {
  const rival = here.top.find(({ token }) => token === other);
  return rival === undefined ? undefined : here.logprob - rival.logprob;
}

/**
 * KL(P ‖ Q) over the union of both lists of likely tokens, the rest as one lump; how differently the two sides think at
 * a place where both were in the same state.
 */
export function topKDivergence(p: AnswerToken, q: AnswerToken): number {
  const names = new Set([...p.top, ...q.top].map(({ token }) => token));
  const [ps, qs] = [shares(p, names), shares(q, names)];
  return ps.reduce((sum, share, i) => sum + share * Math.log(share / (qs[i] ?? 1)), 0);
}

/** A token that a side does not list has at most the probability of its least likely one, and at least next to none. */
function shares({ top }: AnswerToken, names: ReadonlySet<string>): readonly number[] {
  const known = new Map(top.map(({ token, logprob }) => [token, Math.exp(logprob)]));
  const left = Math.max(1e-9, 1 - [...known.values()].reduce((a, b) => a + b, 0));
  const missing = [...names].filter((name) => !known.has(name)).length;
  const least = Math.min(...known.values());
  const unlisted = Math.min(least, left / (missing + 1));
  const listed = [...names].map((name) => known.get(name) ?? unlisted);
  return [...listed, Math.max(1e-9, left - missing * unlisted)];
}
