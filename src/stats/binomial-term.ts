// One term of the binomial distribution, exact also for millions of trials and for real arguments.
import { logGamma, stirlingError } from "./log-gamma.ts";

/** Γ(n+1)/(Γ(k+1)Γ(n−k+1))·pᵏ·(1−p)ⁿ⁻ᵏ by Loader's saddle-point form, which loses no digits to cancellation. */
export function binomialTerm(k: number, n: number, p: number): number {
  const rest = n - k;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return rest === 0 ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (rest === 0) return Math.exp(n * Math.log(p));
  if (k < 1 || rest < 1) return direct(k, n, p);
  const logTerm =
    stirlingError(n) - stirlingError(k) - stirlingError(rest) - deviance(k, n * p) - deviance(rest, n * (1 - p));
  return Math.exp(logTerm) * Math.sqrt(n / (2 * Math.PI * k * rest));
}

function direct(k: number, n: number, p: number): number {
  const choose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** x·ln(x/m) + m − x without cancellation near x = m. */
function deviance(x: number, mean: number): number {
  const gap = x - mean;
  if (Math.abs(gap) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const v = gap / (x + mean);
  let sum = gap * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
