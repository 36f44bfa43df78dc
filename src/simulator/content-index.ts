// What the gateway believes each worker to hold, by units of content instead of by block: the answers of kvindex, in runs.
import type { HeldChanges, PromptContent } from "../engine/offline.ts";

/** The questions that routing asks of a `KvIndex`, about content known by units. */
export interface ContentIndex {
  /** Leading full blocks of the prompt that each worker holds; the same array on every call. */
  overlap(content: PromptContent, nowMs: number): Int32Array;
  /** The same of one worker, as it is now. */
  overlapOf(worker: number, content: PromptContent): number;
  /** Believe that the worker will hold the prompt's blocks: call it whenever a request is sent. */
  predict(worker: number, content: PromptContent, nowMs: number): void;
  /** What a worker's events told. */
  apply(worker: number, changes: HeldChanges): void;
  /** One change of them. */
  set(worker: number, unit: number, held: number): void;
  /** Changes to prompts' blocks that events of the worker told. */
  changes(worker: number): number;
  /** The worker lost everything. */
  forget(worker: number): void;
  /** Blocks that the worker holds or will hold. */
  heldBlocks(worker: number): number;
}

export interface ContentIndexOptions {
  readonly workers: number;
  readonly blockSize: number;
  /** How long a prediction is believed without an event that confirms it. */
  readonly confirmWithinMs: number;
}

/** A unit that so many workers hold gets a table of their shares. */
const MANY = 16;

/** One worker's share of one unit. A class, because there are millions. */
class Cell {
  readonly worker: number;
  /** Leading blocks that events confirmed. */
  held = 0;
  /** Blocks that are expected until a time; none when `to` is not above `from`. A shorter belief renews a longer one. */
  from = 0;
  to = 0;
  untilMs = 0;
  /** The other workers' shares of the unit. */
  next: Cell | undefined;
  before: Cell | undefined = undefined;

  constructor(worker: number, next: Cell | undefined) {
    this.worker = worker;
    this.next = next;
    if (next !== undefined) next.before = this;
  }
}

/** Shares of one unit, and their leading blocks, by worker. */
interface Table {
  readonly cells: (Cell | undefined)[];
  readonly leads: Int32Array;
}

interface Prediction {
  readonly worker: number;
  readonly content: PromptContent;
  readonly untilMs: number;
}

/** kvindex's own default. */
export const CONFIRM_WITHIN_MS = 30_000;

export function contentIndex({ workers, blockSize, confirmWithinMs }: ContentIndexOptions): ContentIndex {
  /** First share of each unit. */
  const rows: (Cell | undefined)[] = [];
  /** Of units that many workers hold or held. */
  const tables = new Map<number, Table>();
  const entries = new Float64Array(workers);
  const depths = new Int32Array(workers);
  const changes = new Float64Array(workers);
  /** In order of their end; `expired` of them are over. */
  const predictions: Prediction[] = [];
  let expired = 0;

  function find(worker: number, unit: number): Cell | undefined {
    let cell = rows[unit];
    for (let passed = 0; cell !== undefined && cell.worker !== worker; cell = cell.next) {
      if (++passed > MANY) return tableOf(unit).cells[worker];
    }
    return cell;
  }

  function tableOf(unit: number): Table {
    let table = tables.get(unit);
    if (table === undefined) {
      table = { cells: Array.from({ length: workers }, () => undefined), leads: new Int32Array(workers) };
      for (let cell = rows[unit]; cell !== undefined; cell = cell.next) {
        table.cells[cell.worker] = cell;
        table.leads[cell.worker] = leading(cell);
      }
      tables.set(unit, table);
    }
    return table;
  }

  function add(worker: number, unit: number): Cell {
    const cell = new Cell(worker, rows[unit]);
    // In order, so that the array stays a plain one.
    while (rows.length < unit) rows.push(undefined);
    rows[unit] = cell;
    const table = tables.get(unit);
    if (table !== undefined) table.cells[worker] = cell;
    return cell;
  }

  function remove(unit: number, { worker, before, next }: Cell): void {
    if (before === undefined) rows[unit] = next;
    else before.next = next;
    if (next !== undefined) next.before = before;
    const table = tables.get(unit);
    if (table !== undefined) table.cells[worker] = undefined;
    if (next === undefined && before === undefined) tables.delete(unit);
  }

  /** Keeps the sum right after a change, and forgets a share of nothing. */
  function settle(unit: number, cell: Cell, before: number): void {
    const after = sizeOf(cell);
    const { worker } = cell;
    entries[worker] = (entries[worker] ?? 0) + after - before;
    const leads = tables.get(unit)?.leads;
    if (leads !== undefined) leads[worker] = leading(cell);
    if (after === 0) remove(unit, cell);
  }

  function expire(nowMs: number): void {
    for (let next = predictions[expired]; next !== undefined && next.untilMs <= nowMs; next = predictions[expired]) {
      expired++;
      for (const unit of next.content.units) {
        const cell = find(next.worker, unit);
        if (cell === undefined || cell.to <= cell.from || cell.untilMs > nowMs) continue;
        const before = sizeOf(cell);
        cell.to = cell.from;
        settle(unit, cell, before);
      }
    }
    if (expired < 4096) return;
    predictions.splice(0, expired);
    expired = 0;
  }

  /** Lengthens the runs of workers that hold everything before `base`; false when none holds the unit's `size` blocks. */
  function extendRuns(first: Cell, base: number, size: number): boolean {
    let goesOn = false;
    for (let cell: Cell | undefined = first; cell !== undefined; cell = cell.next) {
      if (depths[cell.worker] !== base) continue;
      const more = Math.min(size, leading(cell));
      depths[cell.worker] = base + more;
      goesOn = goesOn || more === size;
    }
    return goesOn;
  }

  /** The same where many hold the unit: along an array instead of from cell to cell. */
  function extendMany(leads: Int32Array, base: number, size: number): boolean {
    let goesOn = false;
    for (let worker = 0; worker < workers; worker++) {
      const lead = leads[worker] ?? 0;
      if (lead === 0 || depths[worker] !== base) continue;
      depths[worker] = base + Math.min(size, lead);
      goesOn = goesOn || lead >= size;
    }
    return goesOn;
  }

  function set(worker: number, unit: number, held: number): void {
    if (unit < 0) {
      entries[worker] = (entries[worker] ?? 0) + held;
      return;
    }
    changes[worker] = (changes[worker] ?? 0) + 1;
    const cell = find(worker, unit) ?? add(worker, unit);
    const before = sizeOf(cell);
    cell.held = held;
    // Events replace beliefs.
    if (cell.from < held) cell.from = Math.min(held, cell.to);
    settle(unit, cell, before);
  }

  return {
    overlap({ tokens, units, unitBlocks }, nowMs) {
      expire(nowMs);
      depths.fill(0);
      const full = Math.floor(tokens / blockSize);
      for (let i = 0, base = 0; base < full; i++, base += unitBlocks) {
        const unit = units[i] ?? -1;
        const row = rows[unit];
        if (row === undefined) break;
        const size = Math.min(unitBlocks, full - base);
        const leads = tables.get(unit)?.leads;
        if (!(leads === undefined ? extendRuns(row, base, size) : extendMany(leads, base, size))) break;
      }
      return depths;
    },
    predict(worker, content, nowMs) {
      const { tokens, units, unitBlocks } = content;
      const full = Math.floor(tokens / blockSize);
      const untilMs = nowMs + confirmWithinMs;
      for (let i = 0, base = 0; base < full; i++, base += unitBlocks) {
        const unit = units[i] ?? 0;
        const to = Math.min(unitBlocks, full - base);
        const cell = find(worker, unit) ?? add(worker, unit);
        if (cell.held >= to) continue;
        const before = sizeOf(cell);
        cell.to = Math.max(cell.to, to);
        cell.from = cell.held;
        cell.untilMs = untilMs;
        settle(unit, cell, before);
      }
      predictions.push({ worker, content, untilMs });
    },
    overlapOf(worker, { tokens, units, unitBlocks }) {
      const full = Math.floor(tokens / blockSize);
      let depth = 0;
      for (let i = 0, base = 0; base < full; i++, base += unitBlocks) {
        const cell = find(worker, units[i] ?? -1);
        if (cell !== undefined) depth += Math.min(unitBlocks, full - base, leading(cell));
        if (depth < base + unitBlocks) break;
      }
      return depth;
    },
    set,
    apply(worker, { count, pairs }) {
      for (let i = 0; i < 2 * count; i += 2) set(worker, pairs[i] ?? 0, pairs[i + 1] ?? 0);
    },
    forget(worker) {
      for (let unit = 0; unit < rows.length; unit++) {
        const cell = find(worker, unit);
        if (cell === undefined) continue;
        const before = sizeOf(cell);
        cell.held = 0;
        cell.to = cell.from;
        settle(unit, cell, before);
      }
      entries[worker] = 0;
    },
    heldBlocks: (worker) => entries[worker] ?? 0,
    changes: (worker) => changes[worker] ?? 0,
  };
}

/** Leading blocks that the worker holds or will hold. */
function leading({ held, from, to }: Cell): number {
  return from <= held ? Math.max(held, to) : held;
}

function sizeOf({ held, from, to }: Cell): number {
  return held + Math.max(0, to - Math.max(from, held));
}
