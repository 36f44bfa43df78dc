// `npm run check`: types, lint, format, unused code and dependencies, and the shape of the repo. Stops at the first that fails.
import { spawnSync } from "node:child_process";
import { major } from "./pinned.js";

major();
const steps = [
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["lint", "oxlint", ["--deny-warnings", "src", "test", "bench"]],
  ["format", "oxfmt", ["--check", "src", "test", "bench", "scripts", "bin"]],
  ["unused", "knip", ["--no-progress"]],
];

for (const [name, command, args] of steps) {
  const run = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (run.status !== 0) {
    process.stderr.write(`check: ${name} failed (${command} ${args.join(" ")})\n`);
    process.exit(1);
  }
}
process.stdout.write(`check: ${steps.map(([name]) => name).join(", ")} fine\n`);
