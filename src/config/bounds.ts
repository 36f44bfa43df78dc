// minimum ≤ replicas ≤ maximum.
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";

export interface Bounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly replicas: number | undefined;
}

interface BoundsPlace {
  readonly at: (side: "min" | "max") => Path;
  readonly replicasAt: Path;
}

export function boundProblems({ min, max, replicas }: Bounds, { at, replicasAt }: BoundsPlace): Problem[] {
  const about = { severity: "error", code: "conflict", reads: [at("min"), at("max")] } as const;
  if (min !== undefined && max !== undefined && min > max) {
    return [{ ...about, path: at("min"), message: "is above the maximum", value: min, expected: `at most ${max}` }];
  }
  if (replicas === undefined) return [];
  const reads = [replicasAt];
  if (min !== undefined && min > replicas) {
    return [
      { ...about, path: at("min"), message: "is above replicas", value: min, expected: `at most ${replicas}`, reads },
    ];
  }
  if (max !== undefined && max < replicas) {
    return [
      { ...about, path: at("max"), message: "is below replicas", value: max, expected: `at least ${replicas}`, reads },
    ];
  }
  return [];
}
