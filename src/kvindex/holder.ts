// A holder: one worker's blocks in one medium, under a small number that stands for it in the holder sets.
import type { ByteBudget } from "./byte-budget.ts";
import { type EngineTable, engineTable } from "./engine-table.ts";
import { type PredictedList, predictedList } from "./predicted-list.ts";

export interface Holder {
  readonly number: number;
  /** Confirmed by events. */
  readonly engine: EngineTable;
  /** Believed, not confirmed. */
  readonly predicted: PredictedList;
  /** Blocks held, confirmed or predicted. */
  entries: number;
}

export interface HolderRegistry {
  /** By number; undefined where a number is free. */
  readonly all: readonly (Holder | undefined)[];
  add(): Holder;
  /** Its bits must be cleared before: the number is given to the next holder. */
  remove(holder: Holder): void;
}

export function holderRegistry(budget: ByteBudget): HolderRegistry {
  const all: (Holder | undefined)[] = [];
  return {
    all,
    add() {
      const free = all.indexOf(undefined);
      const number = free < 0 ? all.length : free;
      const holder = { number, engine: engineTable(budget), predicted: predictedList(budget), entries: 0 };
      all[number] = holder;
      return holder;
    },
    remove(holder) {
      holder.engine.release();
      holder.predicted.release();
      all[holder.number] = undefined;
    },
  };
}
