// `npm run bench:scale`: a thousand workers and a million requests in one process; `--out FILE` keeps the figures as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { runScenario } from "../../src/simulator/index.ts";
import { syntheticTrace } from "../../src/workload/offline.ts";
import { thisMachine } from "../lib/machine.ts";
import { type ScaleReport, scaleSection } from "./speed-section.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "1000" },
    requests: { type: "string", default: "1000000" },
    policy: { type: "string", default: "kv_aware" },
    out: { type: "string" },
  },
});

const machine = thisMachine();
const [workers, requests] = [Number(values.workers), Number(values.requests)];
const profile = loadProfile("qwen3-32b-h200-tp2-bf16");
const { summary } = runScenario({
  profiles: Array.from({ length: workers }, () => profile),
  trace: syntheticTrace({ preset: "conversation", requests, random: seededRandom(1) }),
  policy: values.policy,
  // Each worker gets as much as one of eight does of the trace that the generator was fitted to.
  speed: workers / 8,
  seed: "1",
  noise: 0.1,
  stalenessMs: 50,
  concurrency: undefined,
  staggerMs: 0,
  warmUpMs: 0,
  slo: { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 },
});
const { user, system } = process.cpuUsage();
const report: ScaleReport = {
  machine,
  workers,
  requests,
  policy: values.policy,
  profile: profile.name,
  wallMs: performance.now(),
  cpuMs: (user + system) / 1000,
  peakMb: process.resourceUsage().maxRSS / 1024,
  goodput: summary.goodputFraction,
};
process.stdout.write(`${scaleSection(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
}
