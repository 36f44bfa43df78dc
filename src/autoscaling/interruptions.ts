// The mean time between tokens that one answer of a hundred exceeds: prompts that come meanwhile stop it.
import { seldomExceeded } from "./seldom.ts";

export interface Interruptions {
  /** Prompts of one worker. */
  readonly perMs: number;
  /** By which a prompt delays all answers, on average. */
  readonly delayMs: number;
  /** Workers among which prompts are spread. */
  readonly replicas: number;
  readonly outputTokens: number;
  readonly shape: readonly number[];
}

/** Gauss's points of a normal distribution with their weights. */
const GAUSS = [1 / 6, 2 / 3, 1 / 6];
const LEAST_TOKENS = 2;
const ROUNDS = 18;

/** `stepMs`: with a batch of little, usual and much; √3 standard deviations apart. */
export function gapP99(stepMs: readonly number[], prompts: Interruptions): number {
  const share = (limit: number): number =>
    stepMs.reduce((sum, step, i) => sum + (GAUSS[i] ?? 0) * shareAbove(limit, step, prompts), 0);
  return seldomExceeded(share, { least: stepMs[1] ?? 0, width: 1, rounds: ROUNDS });
}

function shareAbove(limit: number, stepMs: number, prompts: Interruptions): number {
  if (limit <= stepMs) return 1;
  const { shape } = prompts;
  return shape.reduce((sum, part) => sum + exceeding(limit, { stepMs, part, prompts }), 0) / shape.length;
}

interface Answer {
  readonly stepMs: number;
  readonly part: number;
  readonly prompts: Interruptions;
}

const MANY = 500;

/**
 * An answer of n tokens takes longer than limit × n when in that time prompts of more than (limit − step) × n came. Their times are
 * exponential, so that P(sum > y) = Σ_j P(Poisson(y ÷ mean) = j) · P(prompts > j). Where k workers take turns, the worker
 * that was given this request gets another one after k more have come: prompts = ⌊Poisson(k × rate × time) ÷ k⌋.
 * Somewhat too many: one that comes after an answer that ended sooner than limit × n counts too.
 */
function exceeding(limit: number, { stepMs, part, prompts }: Answer): number {
  const { perMs, delayMs, replicas, outputTokens } = prompts;
  const tokens = Math.max(LEAST_TOKENS, part * outputTokens);
  const came = replicas * perMs * limit * tokens;
  const room = ((limit - stepMs) * tokens) / delayMs;
  if (came === 0) return 0;
  if (came > MANY || room > MANY) return came / replicas > room ? 1 : 0;
  let [ofRoom, ofCame] = [Math.exp(-room), Math.exp(-came)];
  let [more, all] = [1, 0];
  for (let j = 0, i = 0; more > 1e-6; j++) {
    for (const end = replicas * (j + 1); i < end; i++) {
      more -= ofCame;
      ofCame *= came / (i + 1);
    }
    all += ofRoom * Math.max(0, more);
    ofRoom *= room / (j + 1);
  }
  return all;
}
