// SECURITY.md promises nothing without a test: each one that it names exists under that title.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const rows = readFileSync(join(ROOT, "SECURITY.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (promise|-+) /.test(line));

test("each promise names a test that exists", () => {
  assert.ok(rows.length >= 20, `${rows.length} promises`);
  const faults = rows.flatMap((row) => {
    const cited = citations(row);
    return cited.length === 0 ? [`no test: ${row}`] : cited.filter((one) => !exists(one)).map((one) => one.join(": "));
  });
  assert.deepEqual(faults, []);
});

/** `file`: "title", "title"; `file`: "title" */
function citations(row: string): [file: string, title: string][] {
  return [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(
    ([, file = "", titles = ""]) =>
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]): [string, string] => [file, title]),
  );
}

function exists([file, title]: readonly [string, string]): boolean {
  const path = join(ROOT, file);
  return existsSync(path) && readFileSync(path, "utf8").includes(`test("${title}"`);
}
