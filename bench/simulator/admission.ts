// `npm run bench:admission`: one tenant floods, batch fills, eight tenants share, twice too much comes; `--docs` writes docs/admission.md's figures.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { admissionKnee } from "./admission-knee.ts";
import { admissionReport } from "./admission-report.ts";
import { admissionSection } from "./admission-section.ts";

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "qwen3-32b-h200-tp2-bf16" },
    workers: { type: "string", default: "2" },
    seconds: { type: "string", default: "100" },
    // A P99 of one run rests on ten requests: the mean of five is still some 3 % off.
    seeds: { type: "string", default: "20" },
    // The shares of room were chosen on lower ones.
    "first-seed": { type: "string", default: "101" },
    // Found when it is not given.
    knee: { type: "string" },
    docs: { type: "boolean", default: false },
  },
});

const setup = { profile: values.profile, workers: Number(values.workers), seconds: Number(values.seconds) };
const report = admissionReport({
  ...setup,
  seeds: Number(values.seeds),
  firstSeed: Number(values["first-seed"]),
  knee: values.knee === undefined ? admissionKnee(setup, "none") : Number(values.knee),
});
const section = admissionSection(report);
process.stdout.write(`${section}\n`);
if (values.docs) {
  const page = readFileSync("docs/admission.md", "utf8");
  const [before, , after] = page.split(/<!-- (?:figures|end of figures) -->/);
  writeFileSync("docs/admission.md", `${before}<!-- figures -->\n\n${section}\n\n<!-- end of figures -->${after}`);
}
