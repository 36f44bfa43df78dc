// What pydantic says about a body whose fields have wrong types, in vLLM's rendering.
import { validationFailed } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import { isObject } from "./json-object.ts";

export interface ValidationIssue {
  readonly type: string;
  readonly loc: string;
  readonly msg: string;
  /** Undefined is Python's None. */
  readonly input: unknown;
}

export function validationError(issues: readonly [ValidationIssue, ...ValidationIssue[]]): ApiError {
  const [first, ...others] = issues;
  return new ApiError(validationFailed([fault(first), ...others.map(fault)]));
}

function fault({ type, loc, msg, input }: ValidationIssue) {
  return { type, location: loc, message: msg, input: summary(input) };
}

/** Containers are shown by size only: a prompt does not belong in an error. */
function summary(input: unknown): string {
  if (input === undefined || input === null) return "None";
  if (Array.isArray(input)) return `<list of ${input.length} items>`;
  if (isObject(input)) return `<dict of ${Object.keys(input).length} items>`;
  if (typeof input === "boolean") return input ? "True" : "False";
  return typeof input === "string" ? input : JSON.stringify(input);
}
