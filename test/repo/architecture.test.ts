// ARCHITECTURE.md is true: its folders are those of src/, and the files it names exist.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { FOLDERS } from "./folders.ts";

const page = readFileSync("ARCHITECTURE.md", "utf8");

test("the table lists the folders of src/, in import order", () => {
  const listed = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name]) => name);
  const built = new Set(globSync("src/*/**/*.ts").map((path) => path.split("/")[1]));
  assert.deepEqual(
    listed,
    FOLDERS.filter((name) => built.has(name)),
    "add or remove the folder's row in ARCHITECTURE.md",
  );
});

test("each file it names exists", () => {
  const named = [...page.matchAll(/`([\w/-]+\.ts)`/g)].map(([, path = ""]) => path);
  assert.ok(named.length > 20);
  // A bare name is a file of gateway/ or of the folder named before it in the same paragraph.
  const missing = named.filter((path) => globSync([path, `src/${path}`, `src/*/${path}`]).length === 0);
  assert.deepEqual(missing, []);
});
