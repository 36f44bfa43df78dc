// One simulation in a process of its own, from nothing to a summary: what `speed.ts` starts and times.
import { readFileSync } from "node:fs";
import { loadProfile } from "../../src/model/index.ts";
import { runScenario } from "../../src/simulator/index.ts";
import { parseTrace } from "../../src/workload/offline.ts";

const [file = "", policy = "kv_aware"] = process.argv.slice(2);
const profile = loadProfile("qwen3-32b-h200-tp2-bf16");
const { summary } = runScenario({
  profiles: Array.from({ length: 8 }, () => profile),
  trace: parseTrace(readFileSync(file, "utf8"), { file }),
  policy,
  speed: 1.5,
  seed: "1",
  noise: 0,
  stalenessMs: 0,
  concurrency: undefined,
  staggerMs: 0,
  warmUpMs: 0,
  slo: { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 },
});
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ requests: summary.requests, cpuMs: (user + system) / 1000 }));
