// The arrival rate to expect by the time a worker that is started now can serve.

export interface RateAt {
  readonly at: number;
  readonly requestsPerSecond: number;
}

export const TREND_WINDOW_MS = 600_000;
/** What is taken for now: shorter is chance. */
const RECENT_MS = 60_000;
/** A trend is not believed beyond this multiple of what was seen. */
const MOST_GROWTH = 2;
const FEWEST = 3;
/** Standard deviations of a Poisson count by which a rate must exceed the trend, to be something new and not chance. */
const BREAK = 4;
/** One sample alone must be so many times the trend: real traffic is burstier than Poisson's. */
const SUDDEN = 2;

/** Growth is acted on before it comes, a decline when it has come. A jump off the trend is believed at once. */
export function expectedRate(rates: readonly RateAt[], horizonMs: number): number {
  const latest = rates.at(-1);
  const previous = rates.at(-2);
  if (latest === undefined) return 0;
  if (previous === undefined) return latest.requestsPerSecond;
  const recent = rates.filter(({ at }) => latest.at - at < RECENT_MS);
  const now = mean(recent.map((one) => one.requestsPerSecond));
  const level = rates.length < FEWEST ? previous.requestsPerSecond : Math.max(0, lineOf(rates)(latest.at));
  const isSudden = latest.requestsPerSecond > SUDDEN * level;
  if (isSudden && isJump(latest.requestsPerSecond, level, latest.at - previous.at)) return latest.requestsPerSecond;
  const grown = rates.length < FEWEST ? now : ahead(rates, { now: level, horizonMs });
  return isJump(now, level, RECENT_MS) ? Math.max(now, grown) : grown;
}

function isJump(rate: number, level: number, overMs: number): boolean {
  const seconds = overMs / 1000;
  return rate - level > BREAK * Math.sqrt(Math.max(level, 1 / seconds) / seconds);
}

interface Ahead {
  readonly now: number;
  readonly horizonMs: number;
}

function ahead(rates: readonly RateAt[], { now, horizonMs }: Ahead): number {
  const latest = rates.at(-1);
  if (latest === undefined || rates.length < FEWEST) return now;
  const trend = lineOf(rates);
  const growth = Math.max(0, trend(latest.at + horizonMs) - trend(latest.at));
  return Math.min(MOST_GROWTH * now, now + growth);
}

/** Least squares. */
function lineOf(rates: readonly RateAt[]): (at: number) => number {
  const middle = mean(rates.map(({ at }) => at));
  const level = mean(rates.map((one) => one.requestsPerSecond));
  const spread = rates.reduce((sum, one) => sum + (one.at - middle) ** 2, 0);
  const common = rates.reduce((sum, one) => sum + (one.at - middle) * (one.requestsPerSecond - level), 0);
  const slope = spread === 0 ? 0 : common / spread;
  return (at) => level + slope * (at - middle);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
