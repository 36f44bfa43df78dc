// `npm run bench:autoscaling`: rules of scaling beside an oracle, two models on shared GPUs, four gateways; `--out FILE` keeps it as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import { autoscalingReport } from "./report.ts";
import { autoscalingSection } from "./section.ts";
import { NAMES } from "./settings.ts";
import { MISSING } from "./traffic.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, out: { type: "string" } },
});

if (MISSING.length > 0) process.stdout.write(`skipped: no recorded traces at ${MISSING.join(", ")}\n`);
else {
  const only = values.only?.split(",");
  const report = autoscalingReport(thisMachine(), {
    names: NAMES.filter((name) => only?.includes(name) ?? true),
    tell: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${autoscalingSection(report)}\n`);
  if (values.out !== undefined) {
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
  }
}
