// `npm run check`: types, lint, format, unused code and dependencies. Runs all, then fails if one did.
import { spawnSync } from "node:child_process";
import { major } from "./pinned.js";

major();
const steps = {
  types: "tsc -p tsconfig.json",
  lint: "oxlint --deny-warnings src test bench scripts bin",
  format: "oxfmt --check src test bench scripts bin",
  unused: "knip --no-progress",
};

const failed = Object.entries(steps).filter(([, command]) => {
  const [program = "", ...args] = command.split(" ");
  return spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] }).status !== 0;
});
for (const [name, command] of failed) process.stderr.write(`check: ${name} failed (${command})\n`);
if (failed.length === 0) process.stdout.write(`check: ${Object.keys(steps).join(", ")} fine\n`);
process.exit(failed.length === 0 ? 0 : 1);
