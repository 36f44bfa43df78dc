// Shared by the tests of convert: conversions of a text, and what became of single tokens.
import assert from "node:assert/strict";
import { type Conversion, convert, type ConvertSettings, type OptionReport } from "../../../src/migration/index.ts";

export function converted(text: string, settings: ConvertSettings = {}): Conversion {
  const readFile = (path: string): string => assert.fail(`no file is read, asked for ${path}`);
  return convert({ file: "input", text, readFile }, settings);
}

/** The report of the option whose tokens begin with this word. */
export function reportOf({ report }: Conversion, token: string): OptionReport {
  const found = report.options.find(({ tokens }) => tokens[0] === token || tokens.join(" ").startsWith(token));
  assert.ok(found, `${token} in ${JSON.stringify(report.options.map(({ tokens }) => tokens))}`);
  return found;
}

export function dispositionOf(conversion: Conversion, token: string): string {
  const { disposition, code, target } = reportOf(conversion, token);
  return `${disposition} ${code} ${target ?? "-"}`;
}

/** A value of the deployment by its path. */
export function fieldOf({ deployment }: Conversion, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], deployment);
}
