// Requests that wait to be admitted, in the order of the scheduling policy.
import type { SequenceState } from "./sequence-state.ts";

export type SchedulingPolicy = "fcfs" | "priority";

export interface WaitingQueue {
  readonly length: number;
  /** The first one, or the one that so many stand before. */
  first(skipped?: number): SequenceState | undefined;
  /** Takes that one out. */
  shift(skipped?: number): void;
  push(sequence: SequenceState): void;
  /** A preempted sequence comes before all that wait, or to its priority's place. */
  putBack(sequence: SequenceState): void;
  remove(sequence: SequenceState): void;
}

export function waitingQueue(policy: SchedulingPolicy): WaitingQueue {
  const list: SequenceState[] = [];

  function insert(sequence: SequenceState): void {
    let low = 0;
    for (let high = list.length; low < high;) {
      const middle = (low + high) >> 1;
      const other = list[middle];
      if (other && runsBefore(other, sequence)) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, sequence);
  }

  return {
    get length() {
      return list.length;
    },
    first: (skipped = 0) => list[skipped],
    shift: (skipped = 0) => void (skipped === 0 ? list.shift() : list.splice(skipped, 1)),
    push: policy === "fcfs" ? (sequence) => void list.push(sequence) : insert,
    putBack: policy === "fcfs" ? (sequence) => void list.unshift(sequence) : insert,
    remove(sequence) {
      const at = list.indexOf(sequence);
      if (at >= 0) list.splice(at, 1);
    },
  };
}

/** Lower priority value first, then the earlier arrival. */
export function runsBefore(a: SequenceState, b: SequenceState): boolean {
  const difference = a.request.priority - b.request.priority;
  return difference < 0 || (difference === 0 && a.order < b.order);
}
