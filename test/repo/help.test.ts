// The help of each command shows an example that commander accepts, and its exit codes; every error code is thrown somewhere.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { helpOf } from "../../scripts/docs/cli-page.ts";
import { program } from "../../src/cli/program.ts";
import { ERROR_CODES } from "../../src/core/index.ts";

const root = program();

for (const command of [root, ...root.commands]) {
  test(`${command.name()} --help has an example and exit codes`, () => {
    const help = helpOf(command);
    assert.match(help, /\nExamples?:\n {2}switchgear /);
    assert.match(help, /Exit codes: 0 /);
  });

  test(`the examples of ${command.name()} use options that exist`, () => {
    for (const line of examplesOf(helpOf(command))) {
      const words = line.split(/\s+/);
      const named = root.commands.find((one) => one.name() === words[1]);
      assert.ok(named, line);
      const known = named.options.map(({ long }) => long);
      const unknown = words.filter((word) => /^--[a-z]/.test(word) && !known.includes(word));
      assert.deepEqual(unknown, [], line);
    }
  });
}

test("every error code is thrown somewhere, and has a meaning of one sentence", () => {
  const text = globSync("{src,bin}/**/*.{ts,js}")
    .filter((file) => !file.endsWith("error-codes.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !new RegExp(`\\b${code}\\b`).test(text)),
    [],
  );
  for (const { meaning } of Object.values(ERROR_CODES)) assert.match(meaning, /^[A-Z].*\.$/);
});

/** Lines that go on after a backslash are one. */
function examplesOf(help: string): string[] {
  const block = /\nExamples?:\n([^]*?)(\n\n|$)/.exec(help)?.[1] ?? "";
  return block
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("switchgear "));
}
