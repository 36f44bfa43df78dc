// The error of Switchgear: a stable code, the wrong value, where it stands and what was expected.
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";

export interface ErrorDetails {
  /** What was found, as the user wrote it. Never a secret. */
  readonly value?: unknown;
  /** Where: file:line:column, a flag, a field path or a URL without credentials. */
  readonly where?: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

export class SwitchgearError extends Error {
  override readonly name = "SwitchgearError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** Process exit code of a command that ends with this error. */
  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** Wraps what was thrown once, at a boundary. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
