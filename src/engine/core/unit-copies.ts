// Which runs hold blocks of which unit, oldest copy first, and what changed since it was last asked.
import type { Run } from "./run.ts";

/** Of one unit. */
interface Copies {
  oldest: Run | undefined;
  youngest: Run | undefined;
  /** Leading blocks that some copy holds. What is held is always a prefix: tails are freed, and so evicted, first. */
  held: number;
  isChanged: boolean;
}

/** How many leading blocks of each unit are held now; a negative unit stands for output, its figure is a difference. */
export interface HeldChanges {
  readonly count: number;
  /** Pairs (unit, blocks). */
  readonly pairs: Int32Array;
}

export interface UnitCopies {
  /** Blocks in all copies. */
  readonly blocks: number;
  oldest(unit: number): Run | undefined;
  isYoungest(run: Run): boolean;
  /** A new copy, the youngest. */
  add(run: Run): void;
  /** The youngest copy holds `blocks` more. */
  grew(run: Run, blocks: number): void;
  /** `rest` was split off `run`. */
  split(run: Run, rest: Run): void;
  /** The run lost blocks at its end; all of them when it is empty. */
  shrank(run: Run, blocks: number): void;
  /** Valid until the next call. */
  takeChanges(): HeldChanges;
  clear(): void;
}

const OUTPUT = -1;
const NONE: HeldChanges = { count: 0, pairs: new Int32Array(0) };

export function unitCopies(): UnitCopies {
  const units = new Map<number, Copies>();
  const changed: number[] = [];
  let pairs = new Int32Array(256);
  let outputChange = 0;
  let blocks = 0;

  function changeTo(unit: number, copies: Copies, held: number): void {
    if (held === copies.held) return;
    if (unit < 0) outputChange += held - copies.held;
    else if (!copies.isChanged) {
      copies.isChanged = true;
      changed.push(unit);
    }
    copies.held = held;
  }

  function unlink(copies: Copies, run: Run): void {
    let before: Run | undefined;
    for (let one = copies.oldest; one !== undefined && one !== run; one = one.younger) before = one;
    if (before === undefined) copies.oldest = run.younger;
    else before.younger = run.younger;
    if (copies.youngest === run) copies.youngest = before;
    run.younger = undefined;
  }

  return {
    get blocks() {
      return blocks;
    },
    oldest: (unit) => units.get(unit)?.oldest,
    isYoungest: (run) => run.younger === undefined,
    add(run) {
      blocks += run.to - run.from;
      let copies = units.get(run.unit);
      if (copies === undefined) {
        copies = { oldest: run, youngest: run, held: 0, isChanged: false };
        units.set(run.unit, copies);
      } else if (copies.youngest === undefined) {
        copies.oldest = run;
        copies.youngest = run;
      } else {
        copies.youngest.younger = run;
        copies.youngest = run;
      }
      if (run.to > copies.held) changeTo(run.unit, copies, run.to);
    },
    grew(run, more) {
      blocks += more;
      const copies = units.get(run.unit);
      if (copies !== undefined && run.to > copies.held) changeTo(run.unit, copies, run.to);
    },
    split(run, rest) {
      rest.younger = run.younger;
      run.younger = rest;
      const copies = units.get(run.unit);
      if (copies?.youngest === run) copies.youngest = rest;
    },
    shrank(run, fewer) {
      blocks -= fewer;
      const copies = units.get(run.unit);
      if (copies === undefined) return;
      if (run.to === run.from) unlink(copies, run);
      let held = 0;
      for (let one = copies.oldest; one !== undefined; one = one.younger) held = Math.max(held, one.to);
      changeTo(run.unit, copies, held);
      if (copies.oldest === undefined && !copies.isChanged) units.delete(run.unit);
    },
    takeChanges() {
      const count = changed.length + (outputChange === 0 ? 0 : 1);
      if (count === 0) return NONE;
      if (pairs.length < 2 * count) pairs = new Int32Array(4 * count);
      let at = 0;
      for (const unit of changed) {
        const copies = units.get(unit);
        pairs[at++] = unit;
        pairs[at++] = copies?.held ?? 0;
        if (copies === undefined) continue;
        copies.isChanged = false;
        if (copies.oldest === undefined) units.delete(unit);
      }
      if (outputChange !== 0) {
        pairs[at++] = OUTPUT;
        pairs[at++] = outputChange;
      }
      changed.length = 0;
      outputChange = 0;
      return { count, pairs };
    },
    clear() {
      units.clear();
      changed.length = 0;
      outputChange = 0;
      blocks = 0;
    },
  };
}
