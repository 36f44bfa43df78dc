// Children of a labelled metric, looked up once and held; their number is bounded.

/** More label combinations than this fold into one whose labels all read `other`. */
export const CHILD_LIMIT = 5000;

/** Returns the child for label values in the table's order. */
export type Children<C> = (...values: string[]) => C;

export interface Held<C> {
  readonly child: Children<C>;
  all(): readonly C[];
  /** Later use of such label values starts a new child. */
  forget(gone: (values: readonly string[]) => boolean): void;
}

interface Level<C> {
  readonly next: Map<string, Level<C>>;
  child: C | undefined;
}

interface Made<C> {
  readonly values: readonly string[];
  readonly child: C;
}

export function heldChildren<C>(
  make: (values: readonly string[]) => C,
  labelCount: number,
  limit = CHILD_LIMIT,
): Held<C> {
  let root: Level<C> = emptyLevel();
  let made: Made<C>[] = [];
  let other: C | undefined;

  function child(...values: string[]): C {
    // A level a label: strings that are used again and again are found without putting them together.
    let level = root;
    for (const value of values) {
      let next = level.next.get(value);
      if (next === undefined) {
        if (made.length >= limit) return (other ??= make(Array<string>(labelCount).fill("other")));
        level.next.set(value, (next = emptyLevel()));
      }
      level = next;
    }
    if (level.child !== undefined) return level.child;
    level.child = make(values);
    made.push({ values, child: level.child });
    return level.child;
  }

  function forget(gone: (values: readonly string[]) => boolean): void {
    const kept = made.filter(({ values }) => !gone(values));
    if (kept.length === made.length) return;
    made = kept;
    root = emptyLevel();
    for (const one of kept) leafOf(root, one.values).child = one.child;
  }

  return {
    child,
    all: () => [...made.map((one) => one.child), ...(other === undefined ? [] : [other])],
    forget,
  };
}

function emptyLevel<C>(): Level<C> {
  return { next: new Map(), child: undefined };
}

function leafOf<C>(root: Level<C>, values: readonly string[]): Level<C> {
  let level = root;
  for (const value of values) {
    const next = level.next.get(value) ?? emptyLevel<C>();
    level.next.set(value, next);
    level = next;
  }
  return level;
}
