// Python's difflib.SequenceMatcher(None, a, b).ratio(), to the last bit, with its autojunk rule.

export interface SequenceRatioOptions {
  /** Python's default: in a second text of 200 elements or more, elements in over 1 % of the places are not looked for. */
  readonly autojunk?: boolean;
}

/** 2·M / (|a| + |b|), M the elements of recursively longest matching blocks; texts are compared by code point. */
export function sequenceRatio(
  a: string | readonly string[],
  b: string | readonly string[],
  options: SequenceRatioOptions = {},
): number {
  const [first, second] = [Array.from(a), Array.from(b)];
  const length = first.length + second.length;
  if (length === 0) return 1;
  const places = placesOf(second, options.autojunk ?? true);
  return (2 * matchedElements(first, second, places)) / length;
}

/** The same as `sequenceRatio(a, b) >= least`, but most unequal texts are told by their lengths or their letters. */
export function ratioAtLeast(a: string, b: string, least: number): boolean {
  if (a === b) return least <= 1;
  const [first, second] = [Array.from(a), Array.from(b)];
  const length = first.length + second.length;
  if ((2 * Math.min(first.length, second.length)) / length < least) return false;
  if ((2 * commonElements(first, second)) / length < least) return false;
  return sequenceRatio(first, second) >= least;
}

function commonElements(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const element of b) counts.set(element, (counts.get(element) ?? 0) + 1);
  let common = 0;
  for (const element of a) {
    const left = counts.get(element) ?? 0;
    if (left > 0) common++;
    counts.set(element, left - 1);
  }
  return common;
}

type Places = ReadonlyMap<string, readonly number[]>;

function placesOf(elements: readonly string[], autojunk: boolean): Places {
  const places = new Map<string, number[]>();
  elements.forEach((element, at) => {
    const list = places.get(element);
    if (list === undefined) places.set(element, [at]);
    else list.push(at);
  });
  if (!autojunk || elements.length < 200) return places;
  const most = Math.floor(elements.length / 100) + 1;
  return new Map([...places].filter(([, list]) => list.length <= most));
}

interface Range {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

function matchedElements(a: readonly string[], b: readonly string[], places: Places): number {
  const open: Range[] = [{ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }];
  let matched = 0;
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const block = grow(longestIndexed(a, places, range), { a, b, range });
    if (block.size === 0) continue;
    matched += block.size;
    const [aEnd, bEnd] = [block.a + block.size, block.b + block.size];
    if (range.aFrom < block.a && range.bFrom < block.b) open.push({ ...range, aTo: block.a, bTo: block.b });
    if (aEnd < range.aTo && bEnd < range.bTo) open.push({ ...range, aFrom: aEnd, bFrom: bEnd });
  }
  return matched;
}

/** The longest block of indexed elements, the first in `a`, then the first in `b`. */
function longestIndexed(a: readonly string[], places: Places, range: Range): Block {
  let best: Block = { a: range.aFrom, b: range.bFrom, size: 0 };
  let ending = new Map<number, number>();
  for (let i = range.aFrom; i < range.aTo; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] ?? "") ?? []) {
      if (j < range.bFrom) continue;
      if (j >= range.bTo) break;
      const size = (ending.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    ending = next;
  }
  return best;
}

/** Takes in equal neighbours on both sides, which is how elements too frequent for the index still count. */
function grow(block: Block, where: { a: readonly string[]; b: readonly string[]; range: Range }): Block {
  const { a, b, range } = where;
  let { a: i, b: j, size } = block;
  while (i > range.aFrom && j > range.bFrom && a[i - 1] === b[j - 1]) {
    i--;
    j--;
    size++;
  }
  while (i + size < range.aTo && j + size < range.bTo && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}
