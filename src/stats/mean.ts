// The mean of a sample.

/** NaN without values, as numpy answers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
