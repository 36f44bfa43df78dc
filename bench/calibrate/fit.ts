// Fits coefficients to measured rows: a pattern search on the mean error, each coefficient in turn.
import type { StepCoefficients } from "../../src/model/index.ts";

export interface FitOptions {
  readonly start: StepCoefficients;
  readonly free: readonly (keyof StepCoefficients)[];
  /** Lower is better. */
  readonly loss: (coefficients: StepCoefficients) => number;
  /** Relative steps, one a round. */
  readonly steps: readonly number[];
  readonly onRound: (step: number, loss: number) => void;
}

const DIGITS = 3;

export function fit({ start, free, loss, steps, onRound }: FitOptions): StepCoefficients {
  let best = start;
  let lowest = loss(best);
  const take = (candidate: StepCoefficients): boolean => {
    const found = loss(candidate);
    if (found >= lowest) return false;
    [best, lowest] = [candidate, found];
    return true;
  };
  for (const step of steps) {
    for (const key of free) {
      const up = changed(best, key, 1 + step);
      if (take(up)) continue;
      take(changed(best, key, 1 / (1 + step)));
    }
    onRound(step, lowest);
  }
  return best;
}

function changed(coefficients: StepCoefficients, key: keyof StepCoefficients, factor: number): StepCoefficients {
  return { ...coefficients, [key]: Number((coefficients[key] * factor).toPrecision(DIGITS)) };
}
