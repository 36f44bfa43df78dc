// Diagnostics as lines a person reads and an editor can jump to.
import type { Diagnostic } from "./diagnostic.ts";

/** `file:line:column: error: path: message, found "x", expected y (hint)` */
export function renderDiagnostic(one: Diagnostic): string {
  const subject = one.path === "" ? one.message : `${one.path}: ${one.message}`;
  const expected = one.expected === undefined ? "" : `, expected ${one.expected}`;
  const found = one.value === undefined ? "" : `, found ${one.value}`;
  const hint = one.hint === undefined ? "" : ` (${one.hint})`;
  return `${one.file}:${one.line}:${one.column}: ${one.severity}: ${subject}${expected}${found}${hint}`;
}

export function renderDiagnostics(all: readonly Diagnostic[]): string {
  return all.map(renderDiagnostic).join("\n");
}
