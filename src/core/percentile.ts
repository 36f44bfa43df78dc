// Percentiles of exact samples, linear between neighbours (numpy's default).

/** `sorted` ascending and not empty; `percent` 0…100. NaN for an empty list. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = ((sorted.length - 1) * percent) / 100;
  const low = Math.floor(rank);
  const a = sorted[low] ?? Number.NaN;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] ?? a;
  return a + (b - a) * (rank - low);
}

/** Of values in any order; NaN for none. */
export function percentileOf(values: readonly number[], percent: number): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    percent,
  );
}
