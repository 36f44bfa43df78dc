// The beta distribution: regularised incomplete beta function and its inverse.
import { binomialTerm } from "./binomial-term.ts";

const TINY = 1e-300;
const MOST_TERMS = 200_000;

/** I_x(a, b), the probability that a Beta(a, b) variable is at most x. */
export function betaCumulative(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - lowerPart({ a: b, b: a, x: 1 - x });
  return lowerPart({ a, b, x });
}

/** The x with I_x(a, b) = probability: Newton's steps, halving whenever one leaves the bracket. */
export function betaQuantile(a: number, b: number, probability: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  let [low, high] = [0, 1];
  let x = a / (a + b);
  for (let i = 0; i < 200; i++) {
    const error = betaCumulative(a, b, x) - probability;
    if (error > 0) high = x;
    else low = x;
    const newton = x - error / density(a, b, x);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * x) return next;
    x = next;
  }
  return x;
}

interface Point {
  readonly a: number;
  readonly b: number;
  readonly x: number;
}

function density(a: number, b: number, x: number): number {
  return (binomialTerm(a, a + b, x) * a * b) / ((a + b) * x * (1 - x));
}

/** xᵃ(1−x)ᵇ/(a·B(a,b)) times the continued fraction. */
function lowerPart({ a, b, x }: Point): number {
  return ((binomialTerm(a, a + b, x) * b) / (a + b)) * fraction({ a, b, x });
}

/** The continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes 6.4). */
function fraction({ a, b, x }: Point): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    product *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    product *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return product;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
