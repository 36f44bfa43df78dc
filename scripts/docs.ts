// `npm run docs`: writes every generated page and schema; with --check it only says which are stale.
import { staleOutputs, writeOutputs } from "./docs/outputs.ts";

if (process.argv.includes("--check")) {
  const stale = staleOutputs();
  for (const file of stale) process.stderr.write(`docs: ${file} is stale; run npm run docs\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const file of writeOutputs()) process.stdout.write(`docs: wrote ${file}\n`);
}
