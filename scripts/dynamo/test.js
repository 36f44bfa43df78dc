// `npm run test:dynamo`: installs NVIDIA Dynamo when it is not there, then migrates to its frontend and back, and writes docs/dynamo-run.md.
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
process.stderr.write(`test:dynamo: the Dynamo of ${folder}; about four minutes\n`);
const run = spawnSync(process.execPath, ["bench/dynamo/main.ts", "--installed", folder], { stdio: "inherit" });
process.exit(run.status ?? 1);
