// Checks predictions against what happened, per worker, and says how much slower than its model a worker is.

export interface TtftResidual {
  /** As predicted, with the `slowdown` that was in force then. */
  readonly predictedMs: number;
  readonly slowdown: number;
  /** Undefined when no first token came; not counted then. */
  readonly observedMs: number | undefined;
  /** Tokens to prefill, own and ahead: short and long prefills err differently. */
  readonly tokens: number;
}

export interface CacheResidual {
  readonly predictedTokens: number;
  /** `usage.prompt_tokens_details.cached_tokens`; undefined when the response did not tell. */
  readonly reportedTokens: number | undefined;
  readonly promptTokens: number;
  readonly blockSize: number;
}

export interface WorkerResiduals {
  /** Median of observed ÷ predicted TTFT without slow-down, unclamped; undefined below 5 observations. */
  readonly ttftRatio: number | undefined;
  readonly ttftObservations: number;
  /** Prompt blocks whose prediction, cached or not, was compared with a report. */
  readonly blocksCompared: number;
  readonly blocksEqual: number;
  /** Blocks that were predicted and not reported, and the other way round. */
  readonly blocksMissing: number;
  readonly blocksUnexpected: number;
  /** Requests whose report was compared. */
  readonly reports: number;
}

export interface Residuals {
  ttft(worker: string, residual: TtftResidual): void;
  cache(worker: string, residual: CacheResidual): void;
  /** Measured ÷ predicted time, 0.5…2, of prefills of about `tokens` where enough were seen, else of all; 1 when unknown. */
  slowdown(worker: string, tokens?: number): number;
  /** Undefined for a worker of which nothing is known. */
  of(worker: string): WorkerResiduals | undefined;
  /** Forgets a worker that left, or restarted with another configuration. */
  forget(worker: string): void;
}

/** simulation.md §1.2: 64 observations kept, at least 5, 16 buckets, clamp [0.5, 2]. */
const KEPT = 64;
const ENOUGH = 5;
const BUCKETS = 16;
const LOWEST = 0.5;
const HIGHEST = 2;

interface WorkerState {
  readonly all: RatioWindow;
  readonly buckets: (RatioWindow | undefined)[];
  readonly cache: { compared: number; equal: number; missing: number; unexpected: number; reports: number };
}

export function residuals(): Residuals {
  const workers = new Map<string, WorkerState>();

  function stateOf(worker: string): WorkerState {
    let state = workers.get(worker);
    if (state === undefined) {
      const cache = { compared: 0, equal: 0, missing: 0, unexpected: 0, reports: 0 };
      state = { all: ratioWindow(), buckets: [], cache };
      workers.set(worker, state);
    }
    return state;
  }

  return {
    ttft(worker, { predictedMs, slowdown, observedMs, tokens }) {
      if (observedMs === undefined) return;
      const ratio = (observedMs * slowdown) / predictedMs;
      if (!Number.isFinite(ratio) || ratio <= 0) return;
      const state = stateOf(worker);
      state.all.add(ratio);
      const bucket = bucketOf(tokens);
      (state.buckets[bucket] ??= ratioWindow()).add(ratio);
    },
    cache(worker, residual) {
      if (residual.reportedTokens !== undefined) count(stateOf(worker).cache, residual, residual.reportedTokens);
    },
    slowdown(worker, tokens) {
      const state = workers.get(worker);
      if (state === undefined) return 1;
      const near = tokens === undefined ? undefined : state.buckets[bucketOf(tokens)]?.median();
      const ratio = near ?? state.all.median() ?? 1;
      return Math.min(HIGHEST, Math.max(LOWEST, ratio));
    },
    of(worker) {
      const state = workers.get(worker);
      if (state === undefined) return undefined;
      const { compared, equal, missing, unexpected, reports } = state.cache;
      return {
        ttftRatio: state.all.median(),
        ttftObservations: state.all.count,
        blocksCompared: compared,
        blocksEqual: equal,
        blocksMissing: missing,
        blocksUnexpected: unexpected,
        reports,
      };
    },
    forget: (worker) => void workers.delete(worker),
  };
}

function count(cache: WorkerState["cache"], residual: CacheResidual, reportedTokens: number): void {
  const { predictedTokens, promptTokens, blockSize } = residual;
  const predicted = Math.floor(predictedTokens / blockSize);
  const reported = Math.floor(reportedTokens / blockSize);
  const blocks = Math.max(Math.floor(promptTokens / blockSize), predicted, reported);
  cache.reports++;
  cache.compared += blocks;
  cache.equal += blocks - Math.abs(predicted - reported);
  cache.missing += Math.max(0, predicted - reported);
  cache.unexpected += Math.max(0, reported - predicted);
}

/** Powers of two: bucket 0 up to 32 tokens, 15 above half a million. */
function bucketOf(tokens: number): number {
  return Math.min(BUCKETS - 1, Math.max(0, 27 - Math.clz32(Math.max(1, tokens))));
}

interface RatioWindow {
  readonly count: number;
  add(ratio: number): void;
  /** Of the last 64; undefined when there are too few. */
  median(): number | undefined;
}

/** Kept sorted: there is an observation a request, and sorting anew costs it microseconds. */
function ratioWindow(): RatioWindow {
  const ratios = new Float64Array(KEPT);
  const sorted = new Float64Array(KEPT + 1);
  let count = 0;
  let at = 0;
  return {
    get count() {
      return count;
    },
    add(ratio) {
      if (count === KEPT) {
        const gone = placeOf(sorted, count, ratios[at] ?? 0);
        sorted.copyWithin(gone, gone + 1, count--);
      }
      const place = placeOf(sorted, count, ratio);
      sorted.copyWithin(place + 1, place, count++);
      sorted[place] = ratio;
      ratios[at] = ratio;
      at = (at + 1) % KEPT;
    },
    median() {
      if (count < ENOUGH) return undefined;
      const upper = sorted[count >> 1] ?? 1;
      return count % 2 === 1 ? upper : ((sorted[(count >> 1) - 1] ?? upper) + upper) / 2;
    },
  };
}

/** First place whose value is not below `value`. */
function placeOf(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  for (let high = count; low < high;) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
