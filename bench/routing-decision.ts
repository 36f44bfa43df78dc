// Prints the time of a routing decision; `--out FILE` keeps it as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { decisionTable } from "./lib/decision-table.ts";
import { measureDecisions } from "./lib/decision-time.ts";
import { thisMachine } from "./lib/machine.ts";

const { values } = parseArgs({ options: { out: { type: "string" } } });
const machine = thisMachine();
const decision = measureDecisions({ warmUp: 2000, rounds: 5000 });
process.stdout.write(`${decisionTable(decision)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify({ machine, decision }, null, 1)}\n`);
}
