// The normal distribution: cumulative probability and quantile to full precision.

export function normalCumulative(z: number): number {
  return z < 0 ? upperTail(-z) : 1 - upperTail(z);
}

/** P(Z > z) for z ≥ 0: the series below 3, the continued fraction above. */
function upperTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) return 0.5 - density * series(z);
  let tail = z;
  for (let k = 120; k > 0; k--) tail = z + k / tail;
  return density / tail;
}

function series(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; term > sum * 1e-17 && k < 200; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return sum;
}

/** Halving until Newton's steps hold; 0 < probability < 1. */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [-40, 40];
  let z = 0;
  for (let i = 0; i < 200; i++) {
    const error = normalCumulative(z) - probability;
    if (error > 0) high = z;
    else low = z;
    const newton = z - error / (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - z) <= 1e-14 * Math.max(1, Math.abs(z))) return next;
    z = next;
  }
  return z;
}
