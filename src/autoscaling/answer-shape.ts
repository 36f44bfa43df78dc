// How the lengths of answers vary around their mean: short ones suffer most from the prompts beside them.

const PARTS = 8;
/** Fewer say nothing of their shape. */
const FEWEST = 64;
const MOST = 512;

export interface AnswerLengths {
  add(tokens: number): void;
  /** Of the latest answers; undefined while they are few. */
  shape(): readonly number[] | undefined;
}

export function answerLengths(): AnswerLengths {
  let latest: number[] = [];
  return {
    add(tokens) {
      if (latest.push(tokens) === 2 * MOST) latest = latest.slice(MOST);
    },
    shape: () => answerShape(latest.slice(-MOST)),
  };
}

/** Lengths ÷ their mean at the middles of eighths of all, shortest first. */
export function answerShape(lengths: readonly number[]): readonly number[] | undefined {
  const mean = lengths.reduce((sum, one) => sum + one, 0) / lengths.length;
  if (lengths.length < FEWEST || mean === 0) return undefined;
  const sorted = lengths.toSorted((a, b) => a - b);
  return Array.from({ length: PARTS }, (_, i) => {
    const middle = sorted[Math.floor(((i + 0.5) / PARTS) * sorted.length)] ?? mean;
    return middle / mean;
  });
}

/** Of an exponential distribution, which is taken where no answers were seen. */
export const EXPONENTIAL: readonly number[] = Array.from({ length: PARTS }, (_, i) => -Math.log(1 - (i + 0.5) / PARTS));
