// The value that only one of a hundred exceeds, of a share that falls as the value rises.

/** One of a hundred: what a P99 leaves out. */
export const SELDOM = 0.01;

interface Search {
  /** Below it nothing is looked for. */
  readonly least: number;
  /** The first guess is so much above it. */
  readonly width: number;
  /** Halvings. */
  readonly rounds: number;
}

export function seldomExceeded(shareAbove: (value: number) => number, { least, width, rounds }: Search): number {
  let [low, high] = [least, least + width];
  while (shareAbove(high) > SELDOM) [low, high] = [high, least + 2 * (high - least)];
  for (let round = 0; round < rounds; round++) {
    const middle = (low + high) / 2;
    if (shareAbove(middle) > SELDOM) low = middle;
    else high = middle;
  }
  return high;
}
