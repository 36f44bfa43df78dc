// docs/differences.md: each row names tests that exist, and each path that the page says is not relayed is no route.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { matchRoute } from "../../src/gateway/routes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/differences.md"), "utf8");

/** Cells of the rows of tables whose last column is `test`. */
function rows(): string[][] {
  return page
    .split(/\n\n/)
    .filter((part) => /^\|.*\| test \|$/m.test(part))
    .flatMap((table) => table.trim().split("\n").slice(2))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

test("every difference names the tests that hold it", () => {
  const all = rows();
  assert.ok(all.length > 20, `${all.length}`);
  const missing = all.flatMap((cells) =>
    (cells.at(-1) ?? "").split(", ").filter((name) => !["gateway", "app"].some((folder) => exists(folder, name))),
  );
  assert.deepEqual(missing, []);
});

test("paths that the page says are answered 404 are no routes", () => {
  const row = rows().find(([what = ""]) => what.startsWith("development, admin and stateful paths"));
  const paths = [...(row?.[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path.replace("{id}", "resp_1"));
  assert.ok(paths.length >= 4, paths.join());
  for (const path of paths)
    for (const method of ["GET", "POST"]) {
      const found = matchRoute(method, path);
      assert.deepEqual([path, found.kind, "status" in found && found.status], [path, "none", 404]);
    }
});

function exists(folder: string, name: string): boolean {
  return existsSync(join(ROOT, "test", folder, `${name}.test.ts`));
}
