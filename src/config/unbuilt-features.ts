// What a deployment enables and this release cannot run; `serve` refuses all of it in one list. Later releases empty the table.
import type { Deployment } from "./deployment.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Path, showPath } from "./position.ts";
import { showValue } from "./problem.ts";
import { whereIs } from "./where.ts";

interface Unbuilt {
  readonly path: Path;
  /** What to write instead. */
  readonly instead: string;
  /** The value that asks for it; undefined when the deployment does not. */
  readonly asked: (deployment: Deployment) => unknown;
}

const UNBUILT: readonly Unbuilt[] = [
  {
    path: ["spec", "serving", "workers", "pipelineParallelSize"],
    instead: "1 with engine simulated",
    asked: ({ pools }) =>
      pools.find((pool) => pool.workers.kind === "simulated" && pool.pipelineParallelSize > 1)?.pipelineParallelSize,
  },
];

export function unbuiltFeatures(deployment: Deployment): Diagnostic[] {
  return UNBUILT.flatMap(({ path, instead, asked }) => {
    const value = asked(deployment);
    if (value === undefined) return [];
    return [
      {
        severity: "error",
        code: "not-built",
        ...whereIs(deployment, path),
        path: showPath(path),
        message: "is not built yet in this release",
        value: showValue(value),
        expected: instead,
        hint: undefined,
      },
    ];
  });
}
