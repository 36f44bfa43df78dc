// The knee of an admission scenario: the most requests a second of one class of which 99 % still meet both promises.
import { measure, type Rule, type Setup } from "./admission-scenarios.ts";

const GOODPUT = 0.99;
const PRECISION = 0.02;
/** Not those that the tables are made with. */
const SEEDS = ["knee 1", "knee 2", "knee 3"];

export function admissionKnee(setup: Setup, rule: Rule): number {
  const meets = (perSecond: number): boolean => {
    const runs = SEEDS.map((seed) => measure(setup, [{ tenant: "a", perSecond }], { rule, seed }).of().goodput);
    return runs.reduce((sum, one) => sum + one, 0) / runs.length >= GOODPUT;
  };
  let low = 1;
  let high = 2;
  while (meets(high)) [low, high] = [high, 2 * high];
  while (high / low > 1 + PRECISION) {
    const middle = Math.sqrt(low * high);
    if (meets(middle)) low = middle;
    else high = middle;
  }
  return Math.round(low * 10) / 10;
}
