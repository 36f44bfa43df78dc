// The vocabulary in three flat arrays instead of 150,000 strings: id → bytes and bytes → id.

export interface TokenTable {
  /** One more than the highest id. */
  readonly size: number;
  bytesOf(id: number): Uint8Array;
  /** −1 when no token has these bytes. */
  find(bytes: Uint8Array): number;
}

/** What a table is made of; goes from one thread to another as it is. */
export interface TokenArrays {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The bytes of all tokens, one after another. */
  readonly text: Uint8Array;
  /** A hash table of ids; −1 is free. */
  readonly places: Int32Array;
}

export function tokenArrays(entries: Iterable<readonly [id: number, bytes: Uint8Array]>): TokenArrays {
  const list = [...entries];
  const size = list.reduce((highest, [id]) => Math.max(highest, id + 1), 0);
  const starts = new Int32Array(size);
  const ends = new Int32Array(size);
  const text = new Uint8Array(list.reduce((sum, [, bytes]) => sum + bytes.length, 0));
  // Load ≤ 0.5 keeps probe chains short.
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, list.length * 2))) - 1;
  const places = new Int32Array(mask + 1).fill(-1);
  let next = 0;
  for (const [id, bytes] of list) {
    starts[id] = next;
    text.set(bytes, next);
    next += bytes.length;
    ends[id] = next;
    let place = hashBytes(bytes) & mask;
    while ((places[place] ?? -1) >= 0) place = (place + 1) & mask;
    places[place] = id;
  }
  return { starts, ends, text, places };
}

export function tokenTable({ starts, ends, text, places }: TokenArrays): TokenTable {
  const mask = places.length - 1;

  function equals(id: number, bytes: Uint8Array): boolean {
    const start = starts[id] ?? 0;
    if ((ends[id] ?? 0) - start !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (text[start + i] !== bytes[i]) return false;
    return true;
  }

  return {
    size: starts.length,
    bytesOf: (id) => text.subarray(starts[id] ?? 0, ends[id] ?? 0),
    find(bytes) {
      for (let place = hashBytes(bytes) & mask; ; place = (place + 1) & mask) {
        const id = places[place] ?? -1;
        if (id < 0 || equals(id, bytes)) return id;
      }
    },
  };
}

/** FNV-1a with a final mix. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
