// The last words of a command that failed: what, the wrong value, where, what was expected; returns the exit code.
import { SwitchgearError, toError } from "../core/index.ts";

const INTERNAL = 3;

export function reportFailure(thrown: unknown): number {
  if (!(thrown instanceof SwitchgearError)) {
    process.stderr.write(`switchgear: ${toError(thrown).stack ?? String(thrown)}\n`);
    return INTERNAL;
  }
  const { where, value, expected, hint } = thrown.details;
  const lines = [
    `switchgear: ${thrown.message} [${thrown.code}]`,
    ...(where === undefined ? [] : [`  where: ${where}`]),
    ...(value === undefined ? [] : [`  found: ${typeof value === "string" ? value : JSON.stringify(value)}`]),
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
  return thrown.exitCode;
}
