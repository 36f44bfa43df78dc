// What was sent and would give way: batch whose answer has not begun, the last one first. Bounded by what the workers hold. Pure.

export interface Recallable<Item> {
  sent(item: Item): void;
  /** True when one was taken back. */
  giveWay(): boolean;
}

export interface RecallableCalls<Item> {
  /** Its answer has begun, or it is over. */
  readonly hasBegun: (item: Item) => boolean;
  /** Takes it back; it enters again. False when it may not be tried again. */
  readonly recall: (item: Item) => boolean;
}

export function recallable<Item>({ hasBegun, recall }: RecallableCalls<Item>): Recallable<Item> {
  const all = new Set<Item>();
  return {
    sent(item) {
      for (const one of all) if (hasBegun(one)) all.delete(one);
      all.add(item);
    },
    giveWay() {
      for (const one of [...all].toReversed()) {
        all.delete(one);
        if (!hasBegun(one) && recall(one)) return true;
      }
      return false;
    },
  };
}
