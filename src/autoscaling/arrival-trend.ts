// The arrival rate to expect by the time a worker that is started now can serve.

export interface RateAt {
  readonly at: number;
  readonly requestsPerSecond: number;
}

export const TREND_WINDOW_MS = 600_000;
/** A trend is not believed beyond this multiple of what was seen. */
const MOST_GROWTH = 2;
const FEWEST = 3;

/** Never below the latest rate: growth is acted on at once, a decline when it has come. */
export function expectedRate(rates: readonly RateAt[], horizonMs: number): number {
  const latest = rates.at(-1);
  if (latest === undefined) return 0;
  const now = latest.requestsPerSecond;
  if (rates.length < FEWEST) return now;
  const highest = Math.max(...rates.map((one) => one.requestsPerSecond));
  return Math.min(MOST_GROWTH * highest, Math.max(now, now + slope(rates) * horizonMs));
}

/** Least squares, per ms. */
function slope(rates: readonly RateAt[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const at = mean(rates.map((one) => one.at));
  const rate = mean(rates.map((one) => one.requestsPerSecond));
  const spread = rates.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  if (spread === 0) return 0;
  return rates.reduce((sum, one) => sum + (one.at - at) * (one.requestsPerSecond - rate), 0) / spread;
}
