// Seeded random numbers: the same seed gives the same sequence on every platform.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
}

/** sfc32 (PractRand, public domain), seeded by a hash of `seed`. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  const text = String(seed);
  let a = hash(text, 0x9e3779b9);
  let b = hash(text, 0x85ebca6b);
  let c = hash(text, 0xc2b2ae35);
  let counter = 1;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  }

  for (let i = 0; i < 12; i++) next();
  return { next, int: (n) => Math.floor(next() * n) };
}

/** FNV-1a with another offset per word of state. */
function hash(text: string, offset: number): number {
  let h = offset;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h | 0;
}
