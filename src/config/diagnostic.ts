// One thing that is wrong (or doubtful) in a deployment file, with its position.

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: DiagnosticCode;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Dotted, `spec.serving.workers.endpoints[0].url`; empty for the document itself. */
  readonly path: string;
  /** What is wrong, in one clause. */
  readonly message: string;
  /** As written, shortened; undefined when there is none or it may be a secret. */
  readonly value: string | undefined;
  readonly expected: string | undefined;
  /** What to do about it: a likely spelling, another field. */
  readonly hint: string | undefined;
}

export type DiagnosticCode =
  | "unreadable"
  | "not-text"
  | "too-large"
  | "empty"
  | "yaml-syntax"
  | "duplicate-key"
  | "too-many-aliases"
  | "too-deep"
  | "too-many-faults"
  | "unknown-field"
  | "missing-field"
  | "wrong-type"
  | "bad-value"
  | "out-of-range"
  | "conflict"
  | "duplicate-name"
  | "process-wide-conflict"
  | "secret-in-file"
  | "legacy-field"
  | "mismatch"
  | "doubtful";
