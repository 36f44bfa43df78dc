// A bounded cache of words and their token ids.

export interface WordCache {
  get(word: string): readonly number[] | undefined;
  set(word: string, ids: readonly number[]): void;
}

/** Longer words are rarely seen twice. */
const LONGEST = 48;
/** V8 keeps the whole text alive for a substring of 13 characters or more. */
const SLICED_FROM = 13;

/** Two generations: when the young one is full the old one is dropped, so that words in use survive. */
export function wordCache(limit: number): WordCache {
  const half = Math.max(1, Math.floor(limit / 2));
  let young = new Map<string, readonly number[]>();
  let old = new Map<string, readonly number[]>();

  function set(word: string, ids: readonly number[]): void {
    if (word.length > LONGEST) return;
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(word.length < SLICED_FROM ? word : ` ${word}`.slice(1), ids);
  }

  return {
    set,
    get(word) {
      const ids = young.get(word);
      if (ids !== undefined) return ids;
      const older = old.get(word);
      if (older !== undefined) set(word, older);
      return older;
    },
  };
}
