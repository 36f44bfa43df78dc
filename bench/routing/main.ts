// `npm run bench:routing`: replays a real trace through the gateway onto eight simulated workers under each algorithm.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/core/index.ts";
import { parseTrace, syntheticTrace, type Trace, traceStatistics } from "../../src/workload/index.ts";
import { type AlgorithmResult, replay } from "./replay.ts";
import { resultTable } from "./result-table.ts";

const SHARED_TRACE = join(
  import.meta.dirname,
  "..",
  "..",
  "..",
  "shared",
  "data",
  "mooncake",
  "conversation_trace.jsonl",
);

const { values } = parseArgs({
  options: {
    trace: { type: "string" },
    generator: { type: "boolean", default: false },
    /** Trace seconds to replay. */
    seconds: { type: "string", default: "400" },
    /** Arrivals so many times faster than recorded: the load. */
    load: { type: "string", default: "1.5" },
    /** Simulated seconds per real second. */
    speed: { type: "string", default: "3" },
    workers: { type: "string", default: "8" },
    profile: { type: "string", default: "qwen3-32b-h200-tp2-bf16" },
    algorithms: { type: "string", default: "round_robin,least_loaded,kv_aware" },
    out: { type: "string" },
  },
});

const load = Number(values.load);
const speed = Number(values.speed);
const seconds = Number(values.seconds);
const { trace, source } = readTrace();
const rows = trace.rows.filter((row) => row.atMs < seconds * 1000);
const slice: Trace = { ...trace, rows };
const statistics = traceStatistics(slice);
process.stdout.write(
  `trace: ${source}\nslice: first ${seconds} s, ${rows.length} requests, mean ${statistics.inputMean.toFixed(0)} in / ${statistics.outputMean.toFixed(0)} out tokens, ` +
    `infinite-cache hit ${(statistics.infiniteCacheHit * 100).toFixed(1)} %\n` +
    `load ${load} × (${(statistics.ratePerSecond * load).toFixed(2)} requests/s), ${values.workers} × ${values.profile}, engines at ${speed} × real time\n\n`,
);

const results: AlgorithmResult[] = [];
for (const algorithm of values.algorithms.split(",")) {
  process.stderr.write(`${algorithm}…\n`);
  results.push(
    await replay(slice, { algorithm, load, speed, workers: Number(values.workers), profile: values.profile }),
  );
}
const table = resultTable(results);
process.stdout.write(`${table}\n`);
if (values.out !== undefined) {
  mkdirSync(join(values.out, ".."), { recursive: true });
  writeFileSync(
    values.out,
    `${JSON.stringify({ source, seconds, load, speed, workers: Number(values.workers), profile: values.profile, statistics, results }, null, 2)}\n`,
  );
}

function readTrace(): { trace: Trace; source: string } {
  const file = values.trace ?? (values.generator || !existsSync(SHARED_TRACE) ? undefined : SHARED_TRACE);
  if (file === undefined)
    return {
      trace: syntheticTrace({ preset: "conversation", requests: 12_031, random: seededRandom(1) }),
      source: "built-in generator, preset conversation",
    };
  return {
    trace: parseTrace(readFileSync(file, "utf8"), { file }),
    source: file === SHARED_TRACE ? "Mooncake conversation (kvcache-ai/Mooncake 3b5a594, Apache-2.0)" : file,
  };
}
