// Simulated requests per wall second: the conversation trace on eight workers, start-up of the process included.
import { readFileSync } from "node:fs";
import { cpuUsage } from "node:process";
import { loadProfile } from "../../src/model/index.ts";
import { policies, type PolicyName } from "../../src/routing/index.ts";
import { openLoop, simulate, simulationResult, traceContents } from "../../src/simulator/index.ts";
import { parseTrace } from "../../src/workload/index.ts";

const file = process.argv[2] ?? "/work/shared/data/mooncake/conversation_trace.jsonl";
const names = (process.argv[3] ?? "round_robin,kv_aware").split(",") as PolicyName[];
const blockSize = Number(process.argv[4] ?? 16);
const profile = loadProfile("qwen3-32b-h200-tp2-bf16", { blockSize });
const profiles = Array.from({ length: 8 }, () => profile);
const trace = parseTrace(readFileSync(file, "utf8"), { file });
const planned = traceContents(trace, { blockSize, speed: 1.5, maxContext: 131_072 });
const startUp = performance.now();
const cpuStart = cpuUsage();
process.stdout.write(
  `start-up and reading: ${startUp.toFixed(0)} ms, CPU ${((cpuStart.user + cpuStart.system) / 1000).toFixed(0)} ms\n`,
);
for (const name of names) {
  const began = performance.now();
  const before = cpuUsage();
  const run = simulate({ profiles, policy: policies[name](), arrivals: openLoop(planned), seed: "1" });
  const after = cpuUsage(before);
  const wall = performance.now() - began;
  const cpu = (after.user + after.system) / 1000;
  const result = simulationResult(run, {
    policy: name,
    seed: "1",
    profiles: [],
    slo: { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 },
  });
  const { ttftMs, tpotMs, goodputFraction, hitRate } = result.summary;
  process.stdout.write(
    `${name}: ${planned.length} requests in ${wall.toFixed(0)} ms wall (${cpu.toFixed(0)} ms CPU) = ${((1000 * planned.length) / (wall + startUp)).toFixed(0)} requests/s with start-up, ` +
      `${((1000 * planned.length) / cpu).toFixed(0)} per CPU second; TTFT ${ttftMs.mean.toFixed(0)}/${ttftMs.p99.toFixed(0)}, TPOT ${tpotMs.mean.toFixed(1)}/${tpotMs.p99.toFixed(1)}, goodput ${goodputFraction.toFixed(4)}, hit ${hitRate.toFixed(4)}, ratio p99 ${result.ttftRatio.p99.toFixed(2)}, cached error ${result.cachedError.toFixed(4)}\n`,
  );
}
