// `npm test` after the checks: runs every test file, or those whose path contains one of the arguments.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { major } from "./pinned.js";

major();
const words = process.argv.slice(2);
const files = fs.globSync("test/**/*.test.ts").filter((f) => words.length === 0 || words.some((w) => f.includes(w)));
files.sort();
if (files.length === 0) {
  process.stderr.write(`test: no test file matches ${words.join(" ")}\n`);
  process.exit(2);
}
// Node's own default leaves a core idle, but most of these tests wait for sockets and processes.
const flags = ["--test", "--test-timeout=120000", `--test-concurrency=${Math.max(2, availableParallelism())}`];
// Many tests start gateways and engines: what Node compiled for one of them is there for the next.
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, "../node_modules/.cache/compiled") };
const run = spawnSync(process.execPath, [...flags, ...files], { stdio: "inherit", env });
process.exit(run.status ?? 1);
