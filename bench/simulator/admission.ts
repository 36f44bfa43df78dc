// `npm run bench:admission`: one tenant floods, batch fills, eight tenants share, twice too much comes; `--docs` writes docs/admission.md's figures.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { admissionReport } from "./admission-report.ts";
import { admissionSection } from "./admission-section.ts";

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "qwen3-32b-h200-tp2-bf16" },
    workers: { type: "string", default: "2" },
    seconds: { type: "string", default: "40" },
    seeds: { type: "string", default: "5" },
    knee: { type: "string", default: "21" },
    docs: { type: "boolean", default: false },
  },
});

const report = admissionReport({
  profile: values.profile,
  workers: Number(values.workers),
  seconds: Number(values.seconds),
  seeds: Number(values.seeds),
  knee: Number(values.knee),
});
const section = admissionSection(report);
process.stdout.write(`${section}\n`);
if (values.docs) {
  const page = readFileSync("docs/admission.md", "utf8");
  const [before, , after] = page.split(/<!-- (?:figures|end of figures) -->/);
  writeFileSync("docs/admission.md", `${before}<!-- figures -->\n\n${section}\n\n<!-- end of figures -->${after}`);
}
