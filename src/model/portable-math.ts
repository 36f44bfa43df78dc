// exp, log and power from exact operations only: ECMAScript leaves Math.exp, log and pow to the platform, reports must not.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^54 lifts a subnormal number into the normal range. */
const LIFT = 18_014_398_509_481_984;
/** 1/3, 1/5 … of the series of atanh: s² ≤ 0.0295, so the rest is below 2^-60. */
const ODD = Float64Array.from({ length: 12 }, (_, i) => 1 / (2 * i + 3)).reverse();
/** 1/16! … 1/0! of the series of exp for |r| ≤ ln 2 / 2. */
const INVERSE_FACTORIALS = inverseFactorials(14);

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
/** Which of the two words holds sign and exponent. */
const TOP = words[0] === 0 ? 1 : 0;

function inverseFactorials(highest: number): Float64Array {
  let factorial = 1;
  const list = Float64Array.from({ length: highest + 1 }, (_, n) => 1 / (factorial *= Math.max(n, 1)));
  return list.reverse();
}

/** Natural logarithm: x = m·2^k with m in [√½, √2), then ln m = 2·atanh((m−1)/(m+1)). */
export function ln(x: number): number {
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  if (!(x > 0)) return Number.NaN;
  if (x < Number.MIN_VALUE * LIFT) return ln(x * LIFT) - 54 * LN2_LOW - 54 * LN2_HIGH;
  float[0] = x;
  const top = words[TOP] ?? 0;
  let exponent = (top >>> 20) - 1023;
  words[TOP] = (top & 0xf_ffff) | 0x3ff0_0000;
  let m = float[0] ?? 1;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let i = 0; i < ODD.length; i++) sum = square * ((ODD[i] ?? 0) + sum);
  return exponent * LN2_HIGH + (2 * (s + s * sum) + exponent * LN2_LOW);
}

/** e^x: x = k·ln 2 + r with |r| ≤ ln 2 / 2, then the series. */
export function exp(x: number): number {
  if (x > 709.79) return Infinity;
  if (x < -745.2) return 0;
  if (Number.isNaN(x)) return x;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let i = 0; i < INVERSE_FACTORIALS.length; i++) sum = (INVERSE_FACTORIALS[i] ?? 0) + r * sum;
  // In two halves, because 2^k alone may not be a normal number.
  const half = k >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

function powerOfTwo(k: number): number {
  words[TOP] = (k + 1023) << 20;
  words[1 - TOP] = 0;
  return float[0] ?? 1;
}

/** base^exponent for a base of 0 or more. */
export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  return exp(exponent * ln(base));
}

/** log2 that is exact for powers of two. */
export function log2(x: number): number {
  const guess = Math.round(ln(x) / Math.LN2);
  return guess > -1022 && guess < 1024 && powerOfTwo(guess) === x ? guess : ln(x) / Math.LN2;
}

/** (a^q + b^q)^(1/q) for a, b ≥ 0: a smooth maximum. */
export function qNorm(a: number, b: number, q: number): number {
  const high = Math.max(a, b);
  return high === 0 ? 0 : high * power(1 + power(Math.min(a, b) / high, q), 1 / q);
}
