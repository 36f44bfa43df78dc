// Plain values → a document of the right shape, or what is wrong with each field; faults do not hide what else is wrong.
import type * as z from "zod";
import { expectedOf, type FieldNode, nodeAt } from "./field-tree.ts";
import { hintForKey, hintForValue, likelyKey } from "./hints.ts";
import type { Path } from "./position.ts";
import type { Problem } from "./problem.ts";
import { type DeploymentDocument, deploymentSchema } from "./schema.ts";

export interface Shape {
  readonly problems: readonly Problem[];
  /** With faults, a repaired stand-in by which the rules are still checked; undefined when it is beyond repair. */
  readonly document: DeploymentDocument | undefined;
  /** What was repaired, or left out by a mistyped key: rules that look at these would only repeat the fault. */
  readonly repaired: readonly Path[];
}

type Issue = z.core.$ZodIssue;

export function checkShape(value: unknown): Shape {
  const parsed = deploymentSchema.safeParse(value);
  if (parsed.success) return { problems: [], document: parsed.data, repaired: [] };
  const issues = flatten(parsed.error.issues);
  const problems = issues.flatMap((issue) => problemsOf(issue, value));
  const repaired = problems.map((one) => one.path);
  const again = deploymentSchema.safeParse(repair(value, repaired));
  const doubtful = [...repaired, ...problems.flatMap(({ meant }) => (meant ? [meant] : []))];
  return { problems, document: again.success ? again.data : undefined, repaired: doubtful };
}

/** A union's faults are those of the branch that was meant. */
function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "invalid_union") return [issue];
    const meant = issue.errors.find((branch) => branch.every((one) => one.path.length > 0 || isKeyIssue(one)));
    if (!meant) return [issue];
    return flatten(meant.map((one) => ({ ...one, path: [...issue.path, ...one.path] })));
  });
}

function isKeyIssue(issue: Issue): boolean {
  return issue.code === "unrecognized_keys";
}

function problemsOf(issue: Issue, root: unknown): Problem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownField(key, path));
  }
  const value = valueAt(root, path);
  const node = nodeAt(path);
  const expected = node && expectedOf(node);
  if (value === undefined) {
    return [{ severity: "error", code: "missing-field", path, message: "is missing", expected }];
  }
  if (value === null) {
    const hint = node?.notes?.example === undefined ? "remove the key or give it a value" : "give it a value";
    return [{ severity: "error", code: "wrong-type", path, message: "is empty", expected, hint }];
  }
  return [wrongValue(issue, { path, value, node, expected })];
}

function unknownField(key: string, parent: Path): Problem {
  const meant = likelyKey(key, parent);
  return {
    severity: "error",
    code: "unknown-field",
    path: [...parent, key],
    message: "unknown field",
    hint: hintForKey(key, parent),
    atKey: true,
    meant: meant === undefined ? undefined : [...parent, meant],
  };
}

function wrongValue(
  issue: Issue,
  {
    path,
    value,
    node,
    expected,
  }: { path: Path; value: unknown; node: FieldNode | undefined; expected: string | undefined },
): Problem {
  const about = { severity: "error", path, value, expected, hint: node && hintForValue(value, node) } as const;
  if (issue.code === "invalid_type") return { ...about, code: "wrong-type", message: "is of the wrong type" };
  if (issue.code === "too_big" || issue.code === "too_small") return outOfRange(issue, about);
  if (issue.code === "invalid_key") return { ...about, code: "bad-value", message: "is no name", value: path.at(-1) };
  const message = issue.code === "custom" ? issue.message : "is not accepted";
  return { ...about, code: "bad-value", message };
}

type SizeIssue = z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall;

function outOfRange(issue: SizeIssue, about: Omit<Problem, "code" | "message">): Problem {
  if (issue.origin === "number" || issue.origin === "int") {
    return { ...about, code: "out-of-range", message: "is out of range" };
  }
  const what = issue.origin === "array" ? "entries" : "characters";
  const expected = issue.code === "too_big" ? `at most ${issue.maximum} ${what}` : `at least ${issue.minimum} ${what}`;
  return {
    ...about,
    code: "out-of-range",
    message: issue.code === "too_big" ? "is too long" : "is too short",
    expected,
  };
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** A copy in which each faulty field is gone, or has its example where it is required. */
function repair(root: unknown, paths: readonly Path[]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined;
  const copy: unknown = structuredClone(root);
  for (const path of paths) {
    const parent = valueAt(copy, path.slice(0, -1));
    const key = path.at(-1);
    if (typeof parent !== "object" || parent === null || key === undefined) continue;
    const example = nodeAt(path)?.notes?.example;
    if (example !== undefined) (parent as Record<string | number, unknown>)[key] = structuredClone(example);
    else if (!Array.isArray(parent)) delete (parent as Record<string | number, unknown>)[key];
  }
  return copy;
}
