// Free runs in order of eviction; within a run the last block goes first, as sequences free their tails first.
import type { Run } from "./run.ts";

export interface RunList {
  /** Blocks in all runs. */
  readonly blocks: number;
  readonly first: Run | undefined;
  /** Evicted last. */
  push(run: Run): void;
  remove(run: Run): void;
  /** `rest` was split off `run`, which is in the list, and goes before it. */
  insertBefore(run: Run, rest: Run): void;
  /** The first run lost `count` blocks at its end. */
  shrunk(count: number): void;
  clear(): void;
}

export function runList(): RunList {
  let first: Run | undefined;
  let last: Run | undefined;
  let blocks = 0;

  return {
    get blocks() {
      return blocks;
    },
    get first() {
      return first;
    },
    push(run) {
      run.before = last;
      run.after = undefined;
      if (last === undefined) first = run;
      else last.after = run;
      last = run;
      blocks += run.to - run.from;
    },
    remove(run) {
      const { before, after } = run;
      if (before === undefined) first = after;
      else before.after = after;
      if (after === undefined) last = before;
      else after.before = before;
      run.before = undefined;
      run.after = undefined;
      blocks -= run.to - run.from;
    },
    insertBefore(run, rest) {
      rest.before = run.before;
      rest.after = run;
      if (run.before === undefined) first = rest;
      else run.before.after = rest;
      run.before = rest;
    },
    shrunk: (count) => void (blocks -= count),
    clear() {
      first = undefined;
      last = undefined;
      blocks = 0;
    },
  };
}
