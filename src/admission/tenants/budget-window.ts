// A sum over a calendar day or month, UTC: what was used, and what running requests may still use.

const MOST = Number.MAX_SAFE_INTEGER;

export interface BudgetWindow {
  readonly amount: number;
  readonly hard: boolean;
  readonly unit: "tokens" | "money";
  readonly per: "day" | "month";
  /** Used and reserved, in the present window. */
  taken(epoch: number): number;
  /** Used, without what is reserved. */
  used(epoch: number): number;
  /** Returns the window's start, for `settle`. */
  reserve(amount: number, epoch: number): number;
  /** The reservation ends; `used` is counted in the window in which the request began, while that is the present one. */
  settle(at: { readonly start: number; readonly reserved: number }, used: number, epoch: number): void;
  /** What was used in this window before this process began, or before the budget was there. */
  load(start: number, used: number): void;
  /** What was loaded into the present window. */
  readonly loaded: number;
  /** ms until the next window. */
  waitMs(epoch: number): number;
}

export type BudgetOf = Pick<BudgetWindow, "amount" | "hard" | "unit" | "per">;

/** `epoch` does not go back; whole numbers, kept within what a number holds exactly. */
export function budgetWindow({ amount, hard, unit, per }: BudgetOf): BudgetWindow {
  let start = Number.NEGATIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let used = 0;
  let reserved = 0;
  let loaded = 0;

  function advance(epoch: number): void {
    if (epoch < end) return;
    [start, end] = windowOf(per, epoch);
    used = 0;
    reserved = 0;
    loaded = 0;
  }

  return {
    amount,
    hard,
    unit,
    per,
    taken(epoch) {
      advance(epoch);
      return within(used + reserved);
    },
    used(epoch) {
      advance(epoch);
      return used;
    },
    reserve(more, epoch) {
      advance(epoch);
      reserved = within(reserved + more);
      return start;
    },
    settle(at, actual, epoch) {
      advance(epoch);
      if (at.start === start) reserved = within(reserved - at.reserved);
      // One that began in the window before is counted where it ended: nothing is lost between two months.
      used = within(used + actual);
    },
    load(from, before) {
      if (from !== start) return;
      used = within(used + before);
      loaded = within(loaded + before);
    },
    get loaded() {
      return loaded;
    },
    waitMs(epoch) {
      advance(epoch);
      return Math.max(0, end - epoch);
    },
  };
}

function within(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), MOST) : MOST;
}

/** First millisecond of the window, and of the next one. */
export function windowOf(per: "day" | "month", epoch: number): readonly [number, number] {
  const date = new Date(epoch);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (per === "day") return [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)];
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
}
