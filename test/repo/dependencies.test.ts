// docs/dependencies.md has a line for each dependency, with the release and licence that are installed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Manifest {
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { dependencies, devDependencies } = manifest("package.json");
const [, runtime = "", development = ""] = readFileSync("docs/dependencies.md", "utf8").split(/^## .*$/m);

for (const [part, text, wanted] of [
  ["run time", runtime, dependencies],
  ["development", development, devDependencies],
] as const)
  test(`each dependency at ${part} has a line that is true`, () => {
    const expected = Object.entries(wanted).map(([name, version]) => ({
      name,
      version,
      licence: manifest(`node_modules/${name}/package.json`).license,
    }));
    const lines = rows(text);
    assert.deepEqual(
      lines.map(({ name, version, licence }) => ({ name, version, licence })),
      expected,
    );
    for (const { name, what, why, date } of lines) {
      assert.ok(what !== "" && why !== "", name);
      assert.match(date, /^\d{4}-\d{2}-\d{2}$/, name);
    }
  });

test("versions are exact", () => {
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d/.test(version));
  assert.deepEqual(loose, []);
});

function rows(
  text: string,
): { name: string; what: string; why: string; licence: string; version: string; date: string }[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [, name = "", what = "", why = "", licence = "", release = ""] = line.split("|").map((cell) => cell.trim());
      const [version = "", date = ""] = release.split(", ");
      return { name: name.replaceAll("`", ""), what, why, licence, version, date };
    });
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}
