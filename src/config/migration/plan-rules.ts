// What plans and deployments of one process must agree on.
import type { CandidateDocument } from "../candidate.ts";
import type { Path } from "../position.ts";
import type { Problem } from "../problem.ts";
import type { DeploymentFile } from "../source-file.ts";
import type { MigrationDocument } from "./migration-schema.ts";

export interface PlanDocument {
  readonly source: DeploymentFile;
  readonly document: MigrationDocument;
}

export interface PlanFinding {
  readonly of: { readonly source: DeploymentFile };
  readonly problem: Problem;
}

/** A plan alone in its file is judged by itself. */
export function planRules(plans: readonly PlanDocument[], deployments: readonly CandidateDocument[]): PlanFinding[] {
  const names = deployments.map(({ document }) => document.metadata.name);
  return [...unknownDeployments(plans, names), ...twice(plans)];
}

function unknownDeployments(plans: readonly PlanDocument[], names: readonly string[]): PlanFinding[] {
  if (names.length === 0) return [];
  return plans.flatMap((of) =>
    (["legacy", "candidate"] as const).flatMap((arm) => {
      const { deployment } = of.document.spec[arm];
      if (deployment === undefined || names.includes(deployment)) return [];
      const about = { value: deployment, expected: names.join(" or ") };
      return [finding(of, ["spec", arm, "deployment"], { message: "no such deployment here", ...about })];
    }),
  );
}

/** One model moves once at a time, and a name stands for one log. */
function twice(plans: readonly PlanDocument[]): PlanFinding[] {
  return plans.slice(1).map((of) =>
    finding(of, ["metadata", "name"], {
      message: "is a second plan; one process runs one migration at a time",
      value: of.document.metadata.name,
    }),
  );
}

function finding(of: PlanDocument, path: Path, about: Pick<Problem, "message" | "value" | "expected">): PlanFinding {
  return { of, problem: { severity: "error", code: "conflict", path, ...about } };
}
