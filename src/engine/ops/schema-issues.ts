// Turns what zod found wrong into one error that names each path, value and expectation.
import { SwitchgearError, type ErrorCode } from "../../core/index.ts";
import type { z } from "zod";

export interface SchemaIssue {
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

export function schemaIssues(issues: readonly z.core.$ZodIssue[], input: unknown): SchemaIssue[] {
  return issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return { path: path === "" ? "(top level)" : path, value: valueAt(input, issue.path), expected: issue.message };
  });
}

export function schemaError(code: ErrorCode, where: string, issues: readonly SchemaIssue[]): SwitchgearError {
  const lines = issues.map((issue) => `${issue.path} = ${shown(issue.value)}: ${issue.expected}`);
  return new SwitchgearError(code, `${where}: ${lines.join("; ")}`, { where, value: issues });
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
