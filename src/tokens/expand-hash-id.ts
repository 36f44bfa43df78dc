// Turns a trace's block hash id into token ids: the same id gives the same tokens, another id others.

/** Ids are in [`first`, `end`). */
export interface IdRange {
  readonly first: number;
  readonly end: number;
}

/**
 * `count` token ids below `vocabulary` for hash id `id`; `salt` tells traces apart that number their blocks alike.
 * A shorter `count` gives a prefix of a longer one (the last block of a trace row is partial).
 */
export function expandHashId(id: number, count: number, vocabulary: number | IdRange, salt = 0): Int32Array {
  const { first, end } = typeof vocabulary === "number" ? ordinaryRange(vocabulary) : vocabulary;
  const ids = new Int32Array(count);
  // Two words of the id: trace ids may exceed 32 bits.
  let state = mix(mix(id | 0, Math.floor(id / 4294967296) | 0), salt | 0);
  for (let i = 0; i < count; i++) {
    state = (state + 0x9e3779b9) | 0;
    ids[i] = first + Math.floor(((mix(state, i) >>> 0) / 4294967296) * (end - first));
  }
  return ids;
}

/** The lowest ids are bytes and the highest are special tokens in every byte-level vocabulary that is in use. */
function ordinaryRange(vocabulary: number): IdRange {
  const first = Math.min(1000, Math.floor(vocabulary / 4));
  return { first, end: Math.max(first + 1, vocabulary - Math.min(4096, Math.floor(vocabulary / 4))) };
}

/** lowbias32 (Chris Wellons, public domain) over the sum. */
function mix(a: number, b: number): number {
  let x = (a + Math.imul(b, 0x85ebca6b) + 1) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
