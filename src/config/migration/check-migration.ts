// Plain values → a migration plan of the right shape, or what is wrong with each field.
import type * as z from "zod";
import { valueAt } from "../check-shape.ts";
import type { Path } from "../position.ts";
import type { Problem } from "../problem.ts";
import { type MigrationDocument, migrationSchema } from "./migration-schema.ts";

export interface MigrationShape {
  readonly problems: readonly Problem[];
  /** Undefined when there is an error. */
  readonly document: MigrationDocument | undefined;
}

export function isMigration(value: unknown): boolean {
  return valueAt(value, ["kind"]) === "MigrationPlan";
}

const SCHEMA = "schema/migrationplan.schema.json";

export function checkMigration(value: unknown): MigrationShape {
  const parsed = migrationSchema.safeParse(value);
  if (!parsed.success) {
    return { problems: parsed.error.issues.flatMap((one) => problemsOfIssue(one, value, SCHEMA)), document: undefined };
  }
  const problems = rules(parsed.data);
  return { problems, document: problems.length === 0 ? parsed.data : undefined };
}

/** `schema`: the file that knows the fields. */
export function problemsOfIssue(issue: z.core.$ZodIssue, root: unknown, schema: string): Problem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    const about = { severity: "error", code: "unknown-field", message: "unknown field", atKey: true } as const;
    return issue.keys.map((key) => ({ ...about, path: [...path, key], hint: `see ${schema}` }));
  }
  const value = valueAt(root, path);
  if (value === undefined) return [{ severity: "error", code: "missing-field", path, message: "is missing" }];
  const about = { severity: "error", path, ...(path.includes("headers") ? {} : { value }) } as const;
  if (issue.code === "invalid_type") {
    return [{ ...about, code: "wrong-type", message: "is of the wrong type", expected: issue.expected }];
  }
  if (issue.code === "too_big") {
    return [{ ...about, code: "out-of-range", message: "is out of range", expected: `at most ${issue.maximum}` }];
  }
  if (issue.code === "too_small") {
    const bound = issue.inclusive === false ? "above" : "at least";
    return [{ ...about, code: "out-of-range", message: "is out of range", expected: `${bound} ${issue.minimum}` }];
  }
  const expected = issue.code === "invalid_value" ? issue.values.map(String).join(", ") : undefined;
  const message = issue.code === "custom" ? issue.message : "is not accepted";
  return [{ ...about, code: "bad-value", message, expected }];
}

function rules({ spec }: MigrationDocument): Problem[] {
  return [
    ...armRule(spec.legacy, "legacy"),
    ...armRule(spec.candidate, "candidate"),
    ...bothEndpoints(spec),
    ...rising(spec),
    ...notifyRule(spec),
  ];
}

type Spec = MigrationDocument["spec"];

function armRule(arm: Spec["legacy"], name: "legacy" | "candidate"): Problem[] {
  const path = ["spec", name];
  const message = "must name either a deployment or a url";
  if ((arm.deployment === undefined) === (arm.url === undefined)) return [conflict(path, message)];
  if (arm.url !== undefined) return [];
  const extra = (["keyFrom", "tls"] as const).find((key) => arm[key] !== undefined);
  return extra === undefined
    ? []
    : [conflict([...path, extra], "belongs to a url; a deployment's workers have their own")];
}

function bothEndpoints({ legacy, candidate }: Spec): Problem[] {
  if (legacy.url === undefined || candidate.url === undefined) {
    const same = legacy.deployment !== undefined && legacy.deployment === candidate.deployment;
    return same ? [conflict(["spec", "candidate", "deployment"], "is the legacy arm itself")] : [];
  }
  return [
    {
      ...conflict(["spec", "legacy"], "one arm at least must be a deployment: it says which models clients may name"),
      hint: "name the legacy server as the endpoint of a deployment",
    },
  ];
}

function rising({ schedule }: Spec): Problem[] {
  const { steps = [] } = schedule;
  const at = steps.findIndex(({ weight }, i) => weight <= (steps[i - 1]?.weight ?? 0));
  const path = ["spec", "schedule", "steps"];
  if (at > 0)
    return [{ ...conflict([...path, at, "weight"], "must be above the weight before it"), value: steps[at]?.weight }];
  const last = steps.at(-1)?.weight ?? 1;
  if (last === 1) return [];
  return [
    { ...conflict([...path, steps.length - 1, "weight"], "the last weight must be 1"), value: last, expected: "1" },
  ];
}

function notifyRule({ notify }: Spec): Problem[] {
  return notify.flatMap((one, i) =>
    (one.url === undefined) === (one.urlFrom === undefined)
      ? [conflict(["spec", "notify", i], "must have either url or urlFrom")]
      : [],
  );
}

function conflict(path: Path, message: string): Problem {
  return { severity: "error", code: "conflict", path, message };
}
