// What the Tenants documents of one process must agree on, with each other and with its deployments.
import type { CandidateDocument } from "../candidate.ts";
import type { Path } from "../position.ts";
import type { Problem } from "../problem.ts";
import type { DeploymentFile } from "../source-file.ts";
import type { TenantsDocument } from "./tenants-schema.ts";

export interface TenantsFound {
  readonly source: DeploymentFile;
  readonly document: TenantsDocument;
}

export interface TenantsFinding {
  readonly of: { readonly source: DeploymentFile };
  readonly problem: Problem;
}

export function tenantsRules(
  found: readonly TenantsFound[],
  candidates: readonly CandidateDocument[],
): TenantsFinding[] {
  return [...onlyOne(found), ...(candidates.length === 0 ? [] : found.flatMap((of) => unknownModels(of, candidates)))];
}

/** Two lists of who may ask would need a rule for which one counts. */
function onlyOne(found: readonly TenantsFound[]): TenantsFinding[] {
  return found.slice(1).map((of) => {
    const about = { message: "is a second Tenants document; a process has one", value: of.document.metadata.name };
    return { of, problem: { severity: "error", code: "conflict", path: ["metadata", "name"], ...about } };
  });
}

/** Prices and limits of a model count by the name that its workers serve; under any other one they count for nothing. */
function unknownModels(of: TenantsFound, candidates: readonly CandidateDocument[]): TenantsFinding[] {
  const names = candidates.map(({ document: { spec } }) => spec.model.servedNames?.[0] ?? spec.model.name);
  return namedModels(of).flatMap(({ path, name: value }) => {
    if (names.includes(value)) return [];
    const message = "names no model of these deployments, and counts for nothing";
    const problem = { code: "conflict", path, message, value, expected: names.join(" or "), atKey: true } as const;
    return [{ of, problem: { severity: "warning", ...problem } }];
  });
}

interface NamedModel {
  readonly path: Path;
  readonly name: string;
}

function namedModels({ document: { spec } }: TenantsFound): NamedModel[] {
  const under = (path: Path, of: object): NamedModel[] =>
    Object.keys(of).map((name) => ({ path: [...path, name], name }));
  return [
    ...under(["spec", "prices"], spec.prices),
    ...under(["spec", "defaults", "models"], spec.defaults.models),
    ...spec.tenants.flatMap(({ models }, i) => under(["spec", "tenants", i, "models"], models)),
  ];
}
