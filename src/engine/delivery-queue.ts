// Tokens that are made but not yet due at the client: a binary heap by due time, equal times in order of insertion.

export interface DeliveryQueue<T> {
  readonly length: number;
  /** When the earliest is due; undefined when empty. */
  nextDue(): number | undefined;
  push(dueAt: number, item: T): void;
  /** The earliest when it is due at `now`. */
  takeDue(now: number): T | undefined;
  clear(): void;
}

interface Entry<T> {
  readonly dueAt: number;
  readonly order: number;
  readonly item: T;
}

export function deliveryQueue<T>(): DeliveryQueue<T> {
  const heap: Entry<T>[] = [];
  let made = 0;

  function rise(entry: Entry<T>): void {
    let at = heap.length;
    while (at > 0) {
      const parent = heap[(at - 1) >> 1];
      if (!parent || !before(entry, parent)) break;
      heap[at] = parent;
      at = (at - 1) >> 1;
    }
    heap[at] = entry;
  }

  function sink(entry: Entry<T>): void {
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const useRight = left && right && before(right, left);
      const child = useRight ? right : left;
      if (!child || !before(child, entry)) break;
      heap[at] = child;
      at = 2 * at + (useRight ? 2 : 1);
    }
    heap[at] = entry;
  }

  return {
    get length() {
      return heap.length;
    },
    nextDue: () => heap[0]?.dueAt,
    push: (dueAt, item) => rise({ dueAt, order: made++, item }),
    takeDue(now) {
      const first = heap[0];
      if (!first || first.dueAt > now) return undefined;
      const last = heap.pop();
      if (last && heap.length > 0) sink(last);
      return first.item;
    },
    clear: () => void (heap.length = 0),
  };
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
