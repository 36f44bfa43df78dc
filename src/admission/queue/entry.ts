// One request that waits: whose it is, what it costs, and by when it must have begun.
import type { PriorityClass } from "./priority-class.ts";

export interface Entry<Item> {
  readonly item: Item;
  readonly tenant: string;
  /** Share of the tenant beside others'; above 0. */
  readonly weight: number;
  readonly priority: PriorityClass;
  /** When its first token is due; Infinity = at any time. */
  readonly deadlineAt: number;
  /** Predicted time of one GPU. */
  readonly costMs: number;
  readonly enteredAt: number;
}
