// Goodput against what was swept: one plot a setting, one line a policy.
import { type Series, svgPlot } from "../workload/offline.ts";
import type { VariantResult } from "./sweep.ts";

export function sweepPlots(variants: readonly VariantResult[]): string[] {
  const keys = new Set(variants.flatMap(({ swept }) => Object.keys(swept)));
  return [...keys].map((key) =>
    svgPlot({
      title: isLoad(key) ? "Goodput against load" : `Goodput against ${key}`,
      xLabel: key === "speed" ? "requests/s offered" : key,
      yLabel: "% of requests that meet the SLO",
      style: "line",
      series: linesOf(variants, key),
    }),
  );
}

function isLoad(key: string): boolean {
  return key === "speed" || key === "concurrency";
}

/** Variants that differ in nothing else make a line. */
function linesOf(variants: readonly VariantResult[], key: string): Series[] {
  const lines = new Map<string, [number, number][]>();
  for (const variant of variants) {
    const value = variant.swept[key];
    if (value === undefined) continue;
    const others = Object.entries(variant.swept).filter(([other]) => other !== key);
    const name = [variant.policy, ...others.map(([other, one]) => `${other}=${one}`)].join(" ");
    const points = lines.get(name) ?? [];
    points.push([key === "speed" ? mean(variant, "offered") : value, 100 * mean(variant, "goodput")]);
    lines.set(name, points);
  }
  return [...lines].map(([name, points]) => ({ name, points: points.sort((a, b) => a[0] - b[0]) }));
}

/** Over seeds. */
function mean({ results }: VariantResult, of: "offered" | "goodput"): number {
  const values = results.map(({ offeredPerSecond, summary }) =>
    of === "offered" ? offeredPerSecond : summary.goodputFraction,
  );
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
