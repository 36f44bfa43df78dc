// What the gateway believes each worker to hold, by units of content instead of by block: the answers of kvindex, in runs.
import type { HeldChanges, PromptContent } from "../engine/index.ts";

/** The questions that routing asks of a `KvIndex`, about content known by units. */
export interface ContentIndex {
  /** Leading full blocks of the prompt that each worker holds; valid until the next call. */
  overlap(content: PromptContent, nowMs: number): Int32Array;
  /** Believe that the worker will hold the prompt's blocks: call it whenever a request is sent. */
  predict(worker: number, content: PromptContent, nowMs: number): void;
  /** What a worker's events told. */
  apply(worker: number, changes: HeldChanges): void;
  drop(worker: number): void;
  /** Blocks that the worker holds or will hold. */
  heldBlocks(worker: number): number;
}

export interface ContentIndexOptions {
  readonly workers: number;
  readonly blockSize: number;
  /** How long a prediction is believed without an event that confirms it. */
  readonly confirmWithinMs: number;
}

/** Blocks `from`…`to` of a unit, expected until a time. */
interface Belief {
  from: number;
  readonly to: number;
  readonly untilMs: number;
}

/** One worker's share of one unit. */
interface Cell {
  readonly worker: number;
  held: number;
  /** Disjoint, rising; undefined when there is none. */
  beliefs: Belief[] | undefined;
}

/** kvindex's own default. */
export const CONFIRM_WITHIN_MS = 30_000;

export function contentIndex({ workers, blockSize, confirmWithinMs }: ContentIndexOptions): ContentIndex {
  const rows: (Cell[] | undefined)[] = [];
  const entries = new Float64Array(workers);
  const depths = new Int32Array(workers);
  /** Beliefs in order of their end. */
  const expiries: { readonly worker: number; readonly unit: number; readonly untilMs: number }[] = [];
  let expired = 0;

  function cellOf(worker: number, unit: number): Cell {
    const row = (rows[unit] ??= []);
    for (const cell of row) if (cell.worker === worker) return cell;
    const cell: Cell = { worker, held: 0, beliefs: undefined };
    row.push(cell);
    return cell;
  }

  /** Keeps the sum of entries right, and forgets cells that hold nothing. */
  function change(unit: number, cell: Cell, mutate: () => void): void {
    const before = sizeOf(cell);
    mutate();
    const after = sizeOf(cell);
    entries[cell.worker] = (entries[cell.worker] ?? 0) + after - before;
    if (after > 0) return;
    const row = rows[unit] ?? [];
    row.splice(row.indexOf(cell), 1);
    if (row.length === 0) rows[unit] = undefined;
  }

  function expire(nowMs: number): void {
    for (let next = expiries[expired]; next !== undefined && next.untilMs <= nowMs; next = expiries[expired]) {
      expired++;
      const { worker, unit } = next;
      const cell = rows[unit]?.find((one) => one.worker === worker);
      if (cell?.beliefs === undefined) continue;
      change(unit, cell, () => {
        cell.beliefs = nonEmpty(cell.beliefs?.filter((one) => one.untilMs > nowMs));
      });
    }
    if (expired < 65_536) return;
    expiries.splice(0, expired);
    expired = 0;
  }

  /** Lengthens the runs of workers that hold everything before `base`; false when none holds the unit's `size` blocks. */
  function extendRuns(row: readonly Cell[], base: number, size: number): boolean {
    let goesOn = false;
    for (const cell of row) {
      if (depths[cell.worker] !== base) continue;
      const more = Math.min(size, covered(cell));
      depths[cell.worker] = base + more;
      goesOn = goesOn || more === size;
    }
    return goesOn;
  }

  return {
    overlap({ tokens, units, unitBlocks }, nowMs) {
      expire(nowMs);
      depths.fill(0);
      const full = Math.floor(tokens / blockSize);
      for (let i = 0, base = 0; base < full; i++, base += unitBlocks) {
        const row = rows[units[i] ?? -1];
        if (row === undefined || !extendRuns(row, base, Math.min(unitBlocks, full - base))) break;
      }
      return depths;
    },
    predict(worker, { tokens, units, unitBlocks }, nowMs) {
      const full = Math.floor(tokens / blockSize);
      const untilMs = nowMs + confirmWithinMs;
      for (let i = 0, base = 0; base < full; i++, base += unitBlocks) {
        const unit = units[i] ?? 0;
        const cell = cellOf(worker, unit);
        const to = Math.min(unitBlocks, full - base);
        if (cell.held >= to) continue;
        change(unit, cell, () => believe(cell, { from: cell.held, to, untilMs }));
        expiries.push({ worker, unit, untilMs });
      }
    },
    apply(worker, { count, pairs }) {
      for (let i = 0; i < 2 * count; i += 2) {
        const unit = pairs[i] ?? 0;
        const held = pairs[i + 1] ?? 0;
        if (unit < 0) {
          entries[worker] = (entries[worker] ?? 0) + held;
          continue;
        }
        const cell = cellOf(worker, unit);
        change(unit, cell, () => hold(cell, held));
      }
    },
    drop(worker) {
      for (const [unit, row] of rows.entries()) {
        const rest = row?.filter((cell) => cell.worker !== worker);
        rows[unit] = rest === undefined || rest.length === 0 ? undefined : rest;
      }
      entries[worker] = 0;
    },
    heldBlocks: (worker) => entries[worker] ?? 0,
  };
}

function sizeOf({ held, beliefs }: Cell): number {
  if (beliefs === undefined) return held;
  let size = held;
  for (const { from, to } of beliefs) size += to - from;
  return size;
}

/** Leading blocks held or believed. */
function covered({ held, beliefs }: Cell): number {
  if (beliefs === undefined) return held;
  let to = held;
  for (const belief of beliefs) if (belief.from <= to) to = Math.max(to, belief.to);
  return to;
}

/** A newer belief replaces what was believed of its blocks. */
function believe(cell: Cell, belief: Belief): void {
  const later = (cell.beliefs ?? []).filter((one) => one.to > belief.to);
  const first = later[0];
  if (first !== undefined) first.from = Math.max(first.from, belief.to);
  cell.beliefs = [belief, ...later];
}

/** Events replace beliefs. */
function hold(cell: Cell, held: number): void {
  cell.held = held;
  if (cell.beliefs === undefined) return;
  const rest = cell.beliefs.filter((one) => one.to > held);
  const first = rest[0];
  if (first !== undefined) first.from = Math.max(first.from, held);
  cell.beliefs = nonEmpty(rest);
}

function nonEmpty(list: Belief[] | undefined): Belief[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
