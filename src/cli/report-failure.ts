// The last words of a command that failed: what, the wrong value, where, what was expected; returns the exit code.
import { SwitchgearError, toError } from "../core/index.ts";

const INTERNAL = 3;

export function reportFailure(thrown: unknown): number {
  if (!(thrown instanceof SwitchgearError)) {
    const { stack, message } = toError(thrown);
    process.stderr.write(`switchgear: ${stack ?? message}\n`);
    process.stderr.write("  This is a defect in Switchgear: please report it with these lines. [SWG_INTERNAL]\n");
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
