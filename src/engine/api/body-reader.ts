// Reads typed fields out of a JSON body the way pydantic does: lax conversions, null is absent, every wrong field reported at once.
import { isObject, type JsonObject } from "./json-object.ts";
import { type ValidationIssue, validationError } from "./validation.ts";

export interface BodyReader {
  readonly body: JsonObject;
  integer(field: string): number | undefined;
  number(field: string): number | undefined;
  boolean(field: string): boolean | undefined;
  string(field: string): string | undefined;
  list(field: string): readonly unknown[] | undefined;
  object(field: string): JsonObject | undefined;
  /** Reports a field that has to be there and is not; returns whether it is there. */
  required(field: string): boolean;
  report(issue: ValidationIssue): void;
  /** Throws when anything was reported. */
  finish(): void;
}

type Converted = { readonly value: unknown } | { readonly type: string; readonly msg: string };

export function bodyReader(body: JsonObject): BodyReader {
  const issues: ValidationIssue[] = [];

  function read(field: string, convert: (value: unknown) => Converted): unknown {
    const value = body[field];
    if (value === undefined || value === null) return undefined;
    const converted = convert(value);
    if ("value" in converted) return converted.value;
    issues.push({ type: converted.type, loc: `body.${field}`, msg: converted.msg, input: value });
    return undefined;
  }

  return {
    body,
    integer: (field) => read(field, toInteger) as number | undefined,
    number: (field) => read(field, toNumber) as number | undefined,
    boolean: (field) => read(field, toBoolean) as boolean | undefined,
    string: (field) => read(field, toText) as string | undefined,
    list: (field) => read(field, toList) as readonly unknown[] | undefined,
    object: (field) => read(field, toObject) as JsonObject | undefined,
    required(field) {
      if (body[field] !== undefined) return true;
      issues.push({ type: "missing", loc: `body.${field}`, msg: "Field required", input: body });
      return false;
    },
    report: (issue) => void issues.push(issue),
    finish() {
      const [first, ...others] = issues;
      if (first !== undefined) throw validationError([first, ...others]);
    },
  };
}

function toInteger(value: unknown): Converted {
  if (typeof value === "boolean") return { value: Number(value) };
  if (typeof value === "number") {
    const msg = "Input should be a valid integer, got a number with a fractional part";
    return Number.isInteger(value) ? { value } : { type: "int_from_float", msg };
  }
  if (typeof value !== "string") return { type: "int_type", msg: "Input should be a valid integer" };
  if (/^\s*[+-]?\d+(\.0*)?\s*$/.test(value)) return { value: Math.trunc(Number(value)) };
  return { type: "int_parsing", msg: "Input should be a valid integer, unable to parse string as an integer" };
}

function toNumber(value: unknown): Converted {
  if (typeof value === "boolean") return { value: Number(value) };
  if (typeof value === "number") return { value };
  if (typeof value !== "string") return { type: "float_type", msg: "Input should be a valid number" };
  if (value.trim() !== "" && !Number.isNaN(Number(value))) return { value: Number(value) };
  return { type: "float_parsing", msg: "Input should be a valid number, unable to parse string as a number" };
}

const TRUE_WORDS = new Set(["1", "true", "t", "yes", "y", "on"]);
const FALSE_WORDS = new Set(["0", "false", "f", "no", "n", "off"]);

export function toBoolean(value: unknown): Converted {
  if (typeof value === "boolean") return { value };
  if (typeof value !== "number" && typeof value !== "string")
    return { type: "bool_type", msg: "Input should be a valid boolean" };
  const word = String(value).toLowerCase();
  if (TRUE_WORDS.has(word)) return { value: true };
  if (FALSE_WORDS.has(word)) return { value: false };
  return { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" };
}

function toText(value: unknown): Converted {
  return typeof value === "string" ? { value } : { type: "string_type", msg: "Input should be a valid string" };
}

function toList(value: unknown): Converted {
  return Array.isArray(value) ? { value } : { type: "list_type", msg: "Input should be a valid list" };
}

function toObject(value: unknown): Converted {
  return isObject(value) ? { value } : { type: "dict_type", msg: "Input should be a valid dictionary" };
}
