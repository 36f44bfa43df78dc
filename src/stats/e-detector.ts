// Change detection with a bounded number of false alarms: Shiryaev–Roberts sums of betting factors (Shin, Ramdas, Rinaldo 2022).

/** One sum per bet; M ← (M + 1)·factor. Plain numbers, so that it can be written to a log. */
export type DetectorSums = readonly number[];

const LARGEST = 1e300;

export function freshSums(bets: readonly number[]): DetectorSums {
  return bets.map(() => 0);
}

/** One observation; each factor has expectation ≤ 1 while nothing is wrong, whatever came before. */
export function addFactors(sums: DetectorSums, factors: readonly number[]): DetectorSums {
  return sums.map((sum, i) => Math.min(LARGEST, (sum + 1) * Math.max(0, factors[i] ?? 0)));
}

/** What is compared with the threshold: the mean over the bets. */
export function detectorValue(sums: DetectorSums): number {
  return sums.reduce((total, sum) => total + sum, 0) / sums.length;
}

/** Bets λ on "the share of bad ones in a window exceeds p0"; the factor is 1 + λ(x − p0), never negative. */
export function windowBets(p0: number): readonly number[] {
  return [2, 5, 10, 20].filter((bet) => bet <= 0.5 / p0);
}

/** Factors of a window with bad share x: bursts inside a window count once, so dependence within it does no harm. */
export function windowFactors(bets: readonly number[], p0: number, share: number): readonly number[] {
  return bets.map((bet) => 1 + bet * (share - p0));
}

/** Alternatives of the per-request detector: multiples of p0 and a near-total failure. */
export function requestAlternatives(p0: number): readonly number[] {
  return [...[1.5, 2, 3, 5, 10, 20, 50].map((ratio) => ratio * p0).filter((p) => p < 0.9), 0.9];
}

/** Likelihood ratios of one request. Valid only when requests fail independently. */
export function requestFactors(alternatives: readonly number[], p0: number, bad: boolean): readonly number[] {
  return alternatives.map((p) => (bad ? p / p0 : (1 - p) / (1 - p0)));
}

/**
 * Bets as parts of 1/share on "more of the bad ones fall into this arm than its share of requests". By linearity the
 * expected part equals the share under equal rates, also when bad ones come in bursts common to both arms.
 */
export const SHARE_BETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 0.9];

/** `part` of the bad ones of an interval, and `share` of its requests, that belong to the arm. 1 when one arm is alone. */
export function shareFactors(bets: readonly number[], part: number, share: number): readonly number[] {
  if (share <= 0 || share >= 1) return bets.map(() => 1);
  return bets.map((bet) => 1 + (bet / share) * (part - share));
}
