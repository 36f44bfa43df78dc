// The arrival rate to expect by the time a worker that is started now can serve.

export interface RateAt {
  readonly at: number;
  readonly requestsPerSecond: number;
}

/** What is taken for now: shorter is chance. */
const RECENT_MS = 60_000;
/** The level of traffic that no jump has left: longer than its own small bursts. */
const LEVEL_MS = 300_000;
/** A trend that is below this part of the level has left it. */
const FALLEN = 0.5;
const [SHORTEST_WINDOW_MS, LONGEST_WINDOW_MS] = [600_000, 3_600_000];
/** A trend is not believed beyond this multiple of what was seen. */
const MOST_GROWTH = 2;
const FEWEST = 3;
/** Standard deviations of a Poisson count by which a rate must exceed the trend, to be something new and not chance. */
const BREAK = 4;
/** One sample alone must be so many times the trend: real traffic is burstier than Poisson's. */
const SUDDEN = 2;

/** The further ahead, the longer back: the error of a slope is multiplied by the horizon. */
export function trendWindowMs(horizonMs: number): number {
  return Math.min(LONGEST_WINDOW_MS, Math.max(SHORTEST_WINDOW_MS, 2 * horizonMs));
}

/** Growth is acted on before it comes, a decline when it has come. A jump off the trend is believed at once. */
export function expectedRate(rates: readonly RateAt[], horizonMs: number): number {
  const latest = rates.at(-1);
  if (latest === undefined) return 0;
  const level = levelBefore(rates);
  const jumped = jumpOf(rates, level);
  if (jumped?.isSudden) return jumped.rate;
  const grown = (rates.length < FEWEST ? recentRate(rates) : ahead(rates, { now: level, horizonMs })) * varying(rates);
  return jumped === undefined ? grown : Math.max(jumped.rate, grown);
}

/** A jump to less than so many times the level is forgotten. */
const WORTH_NOTING = 1.5;

/** Whether the traffic of now is something new beside that of the last minutes. */
export function hasJumped(rates: readonly RateAt[]): boolean {
  const jumped = jumpOf(rates, levelBefore(rates));
  return jumped !== undefined && jumped.rate > WORTH_NOTING * levelBefore(rates);
}

interface Jump {
  readonly rate: number;
  readonly isSudden: boolean;
}

function jumpOf(rates: readonly RateAt[], level: number): Jump | undefined {
  const latest = rates.at(-1);
  const previous = rates.at(-2);
  if (latest === undefined || previous === undefined) return undefined;
  const rate = latest.requestsPerSecond;
  if (rate > SUDDEN * level && isBeyond(rate, level, latest.at - previous.at)) return { rate, isSudden: true };
  const recent = recentRate(rates);
  return isBeyond(recent, level, RECENT_MS) ? { rate: recent, isSudden: false } : undefined;
}

function levelBefore(rates: readonly RateAt[]): number {
  const latest = rates.at(-1);
  if (latest === undefined || rates.length < FEWEST) return (rates.at(-2) ?? latest)?.requestsPerSecond ?? 0;
  const level = meanRate(since(rates, LEVEL_MS));
  const trend = Math.max(0, lineOf(rates)(latest.at));
  return trend < FALLEN * level ? trend : level;
}

function recentRate(rates: readonly RateAt[]): number {
  return meanRate(since(rates, RECENT_MS));
}

function isBeyond(rate: number, level: number, overMs: number): boolean {
  const seconds = overMs / 1000;
  return rate - level > BREAK * Math.sqrt(Math.max(level, 1 / seconds) / seconds);
}

/** The share of requests that miss grows with about this power of the load. */
const POWER = 3.5;
/** A jump is believed as such, and not as chance that goes on. */
const MOST_VARYING = 1.1;

/**
 * Minutes above the mean lose more requests than minutes below it save: of a rate with a coefficient of variation c, the power p has the
 * mean of a steady rate 1 + (p − 1) c² ÷ 2 times as high.
 */
function varying(rates: readonly RateAt[]): number {
  const end = rates.at(-1)?.at ?? 0;
  const minutes = Map.groupBy(rates, ({ at }) => Math.floor((end - at) / RECENT_MS));
  const means = [...minutes.values()].map(meanRate);
  const level = mean(means);
  if (means.length < FEWEST || level === 0) return 1;
  const line = lineOf(rates);
  const off = mean([...minutes.values()].map((one) => (meanRate(one) - line(mean(one.map(({ at }) => at)))) ** 2));
  return Math.min(MOST_VARYING, 1 + ((POWER - 1) / 2) * (off / level ** 2));
}

interface Ahead {
  readonly now: number;
  readonly horizonMs: number;
}

function ahead(rates: readonly RateAt[], { now, horizonMs }: Ahead): number {
  const end = rates.at(-1)?.at ?? 0;
  const trend = lineOf(rates);
  const growth = Math.max(0, trend(end + horizonMs) - trend(end));
  return Math.min(MOST_GROWTH * now, now + growth);
}

/** Least squares. */
function lineOf(rates: readonly RateAt[]): (at: number) => number {
  const middle = mean(rates.map(({ at }) => at));
  const level = meanRate(rates);
  const spread = rates.reduce((sum, one) => sum + (one.at - middle) ** 2, 0);
  const common = rates.reduce((sum, one) => sum + (one.at - middle) * (one.requestsPerSecond - level), 0);
  const slope = spread === 0 ? 0 : common / spread;
  return (at) => level + slope * (at - middle);
}

function since(rates: readonly RateAt[], ms: number): readonly RateAt[] {
  const end = rates.at(-1)?.at ?? 0;
  return rates.filter(({ at }) => end - at < ms);
}

function meanRate(rates: readonly RateAt[]): number {
  return mean(rates.map(({ requestsPerSecond }) => requestsPerSecond));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
