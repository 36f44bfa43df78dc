// `npm run test:vllm`: installs a real vLLM when it is not there, then runs the conformance suite against it and writes docs/compatibility.md.
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
const run = spawnSync(process.execPath, ["--test", "test/conformance/real-vllm.ts"], {
  stdio: "inherit",
  env: { ...process.env, SWITCHGEAR_VLLM: folder },
});
process.exit(run.status ?? 1);
