// `npm run bench:scale`: a thousand workers and a million requests in one process, or `--requests 50000`; `--out FILE` keeps the figures.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { type Scenario, scenarioSteps, type SimulationResult } from "../../src/simulator/index.ts";
import { syntheticTrace } from "../../src/workload/offline.ts";
import { thisMachine } from "../lib/machine.ts";
import { type ScaleReport, scaleSection } from "./speed-section.ts";

/** Left to itself V8 lets garbage lie until its own limit, a quarter of the machine's memory. */
const HEAP = ["--max-old-space-size=3200", "--max-semi-space-size=64"];
if (!HEAP.every((one) => process.execArgv.includes(one))) {
  const argv = [...process.execArgv, ...HEAP, import.meta.filename, ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, argv, { stdio: "inherit" }).status ?? 1);
}

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
const { summary } = run({
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

/** Says on stderr how far it is, every 25,000 requests. */
function run(scenario: Scenario): SimulationResult {
  const steps = scenarioSteps(scenario);
  let toldAt = 0;
  for (;;) {
    const { done, value } = steps.next(false);
    if (done === true) return value;
    if (value.requests < toldAt + 25_000) continue;
    toldAt = value.requests;
    const megabytes = process.resourceUsage().maxRSS / 1024;
    const seconds = performance.now() / 1000;
    process.stderr.write(`${toldAt} of ${requests}: ${seconds.toFixed(0)} s, ${megabytes.toFixed(0)} MB at most\n`);
  }
}
