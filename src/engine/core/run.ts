// Consecutive KV blocks with one history: the cache's unit of account where content is known by units instead of tokens.

/** Blocks `from`…`to` of a unit, in one copy. A class, because the simulator makes tens of millions. */
export class Run {
  readonly unit: number;
  readonly from: number;
  to: number;
  /** Sequences that use it. */
  references = 1;
  /** Neighbours in the free list, in order of eviction. */
  before: Run | undefined = undefined;
  after: Run | undefined = undefined;
  /** The next younger copy of blocks of the same unit. */
  younger: Run | undefined = undefined;
  /** What was split off its end; means something only to a sequence that uses more than this run. */
  rest: Run | undefined = undefined;

  constructor(unit: number, from: number, to: number) {
    this.unit = unit;
    this.from = from;
    this.to = to;
  }

  get length(): number {
    return this.to - this.from;
  }
}
