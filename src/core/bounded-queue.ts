// A first-in-first-out queue with a limit: what does not fit is refused, never kept silently.

export interface BoundedQueue<T> {
  readonly length: number;
  readonly limit: number;
  /** False when the queue is full; the item was not taken. */
  push(item: T): boolean;
  shift(): T | undefined;
  /** True when the item was waiting and has been taken out. */
  remove(item: T): boolean;
}

export function boundedQueue<T>(limit: number): BoundedQueue<T> {
  // A Set keeps insertion order and removes from the middle in constant time.
  const items = new Set<T>();
  return {
    limit,
    get length() {
      return items.size;
    },
    push(item) {
      if (items.size >= limit) return false;
      items.add(item);
      return true;
    },
    shift() {
      for (const item of items) {
        items.delete(item);
        return item;
      }
      return undefined;
    },
    remove: (item) => items.delete(item),
  };
}
