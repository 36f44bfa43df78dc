// `npm run test:vllm`: installs a real vLLM when it is not there, then lets `serve` start it, runs the conformance suite against it and writes docs/compatibility.md.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { major } from "../pinned.js";

major();
const install = spawnSync(join(import.meta.dirname, "install.sh"), {
  stdio: ["ignore", "pipe", "inherit"],
  encoding: "utf8",
});
if (install.status !== 0) process.exit(install.status ?? 1);
const folder = install.stdout.trim().split("\n").at(-1) ?? "";
process.stderr.write(`test:vllm: the vLLM of ${folder}; about ten minutes\n`);
// One after the other: two of them on one machine start too slowly.
const FILES = ["--test", "--test-concurrency=1", "test/conformance/launched-vllm.ts", "test/conformance/real-vllm.ts"];
const run = spawnSync(process.execPath, FILES, {
  stdio: "inherit",
  env: { ...process.env, SWITCHGEAR_VLLM: folder },
});
process.exit(run.status ?? 1);
