// ln Γ(x), and the error of Stirling's formula that keeps binomial terms exact for large counts.

/** Lanczos approximation, g = 7, nine terms: about 15 digits for x > 0. */
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];
const LN_SQRT_TWO_PI = 0.9189385332046728;

export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const z = x - 1;
  const sum = LANCZOS.reduce((total, term, i) => total + term / (z + i + 1), 0.9999999999998099);
  const t = z + 7.5;
  return LN_SQRT_TWO_PI + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ln n! − ln(√(2πn)·(n/e)ⁿ) (Loader 2000, "Fast and accurate computation of binomial probabilities"). */
export function stirlingError(n: number): number {
  if (n <= 15) return logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - LN_SQRT_TWO_PI;
  const nn = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n;
}
