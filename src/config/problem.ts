// A fault at a path, before it is known where the path stands.
import type { Diagnostic } from "./diagnostic.ts";
import { nodeAt } from "./field-tree.ts";
import { locate, type Path, showPath } from "./position.ts";
import type { DeploymentFile } from "./source-file.ts";
import { withoutCredentials } from "./urls.ts";

export interface Problem extends Pick<Diagnostic, "severity" | "code" | "message"> {
  readonly path: Path;
  readonly value?: unknown;
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
  /** Points at the key, not at the value. */
  readonly atKey?: boolean;
  /** Of a rule: the fields it looks at beside `path`. */
  readonly reads?: readonly Path[];
  /** Of an unknown field: the known one that was probably meant. */
  readonly meant?: Path | undefined;
}

const MAX_SHOWN = 80;

export function toDiagnostic(problem: Problem, source: DeploymentFile): Diagnostic {
  const { position, exact } = locate(source.root, problem.path);
  const { severity, code, message, path, value, expected, hint } = problem;
  const hidden = isSecret(path);
  const offset = problem.atKey || !exact ? position.key : position.value;
  return {
    severity,
    code,
    file: source.file,
    ...source.place(offset),
    path: showPath(path),
    message,
    value: "value" in problem && !hidden ? showValue(value) : undefined,
    expected,
    // The hint for a wrong value may quote it.
    hint: hidden && code === "wrong-type" ? undefined : hint,
  };
}

function isSecret(path: Path): boolean {
  return path.some((_, i) => nodeAt(path.slice(0, i + 1))?.notes?.secret === true);
}

export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(typeof value === "string" ? withoutCredentials(value) : value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}
