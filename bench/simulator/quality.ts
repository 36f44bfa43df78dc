// `npm run bench:quality`: kv_aware against every rival policy at its default and at its best swept setting, beside the ceiling.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { runScenario, type Scenario, type SimulationResult } from "../../src/simulator/index.ts";
import { parseTrace, syntheticTrace, type Trace } from "../../src/workload/index.ts";

const { values } = parseArgs({
  options: {
    trace: { type: "string" },
    profile: { type: "string", default: "qwen3-32b-h200-tp2-bf16" },
    workers: { type: "string", default: "8" },
    speed: { type: "string", default: "1.5" },
    seeds: { type: "string", default: "3" },
    staleness: { type: "string", default: "50" },
    noise: { type: "string", default: "0.1" },
    limit: { type: "string" },
    only: { type: "string" },
  },
});

/** Each rival's settings to sweep; the first of each list is its default. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  kv_aware: ["kv_aware"],
  round_robin: ["round_robin"],
  least_requests: ["least_requests"],
  power_of_two: ["power_of_two"],
  cache_aware: ["cache_aware", "cache_aware:balanceAbsolute=4", "cache_aware:balanceAbsolute=8+cacheThreshold=0.5"],
  llmd_weighted: ["llmd_weighted", "llmd_weighted:prefix=1", "llmd_weighted:prefix=2+queue=1+kv=1"],
  llmd_sticky: [18_000, 1000, 4000, 8000].map((ms) =>
    ms === 18_000 ? "llmd_sticky" : `llmd_sticky:maxTtftPenaltyMs=${ms}`,
  ),
  dynamo: [1, 2, 4, 8, 16, 32, 64].flatMap((scale) =>
    [0, 1].map((decay) => `dynamo:prefillLoadScale=${scale}${decay === 0 ? "" : "+creditDecay=1"}`),
  ),
};

interface Quality {
  readonly policy: string;
  readonly goodput: number;
  readonly lowest: number;
  readonly ratioP99: number;
  readonly ttftMean: number;
  readonly ttftP99: number;
  readonly tpotP99: number;
  readonly hit: number;
}

const CONVERSATION = join(import.meta.dirname, "../../../shared/data/mooncake/conversation_trace.jsonl");
const trace = readTrace();
const profile = loadProfile(values.profile);

function readTrace(): Trace {
  const file = values.trace ?? CONVERSATION;
  const whole = existsSync(file)
    ? parseTrace(readFileSync(file, "utf8"), { file })
    : syntheticTrace({ preset: "conversation", requests: 12_031, random: seededRandom(1) });
  return values.limit === undefined ? whole : { ...whole, rows: whole.rows.slice(0, Number(values.limit)) };
}

function measure(policy: string): Quality {
  const scenario: Omit<Scenario, "seed"> = {
    profiles: Array.from({ length: Number(values.workers) }, () => profile),
    trace,
    policy,
    speed: Number(values.speed),
    noise: Number(values.noise),
    stalenessMs: Number(values.staleness),
    concurrency: undefined,
    staggerMs: 0,
    warmUpMs: 0,
    slo: { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 },
  };
  const runs = Array.from({ length: Number(values.seeds) }, (_, i) =>
    runScenario({ ...scenario, seed: String(i + 1) }),
  );
  const mean = (of: (run: SimulationResult) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    policy,
    goodput: mean(({ summary }) => summary.goodputFraction),
    lowest: Math.min(...runs.map(({ summary }) => summary.goodputFraction)),
    ratioP99: mean(({ ttftRatio }) => ttftRatio.p99),
    ttftMean: mean(({ summary }) => summary.ttftMs.mean),
    ttftP99: mean(({ summary }) => summary.ttftMs.p99),
    tpotP99: mean(({ summary }) => summary.tpotMs.p99),
    hit: mean(({ summary }) => summary.hitRate),
  };
}

function line(name: string, one: Quality): string {
  const cells = [
    name,
    (100 * one.goodput).toFixed(2),
    (100 * one.lowest).toFixed(2),
    one.ratioP99.toFixed(1),
    one.ttftMean.toFixed(0),
    one.ttftP99.toFixed(0),
    one.tpotP99.toFixed(0),
    (100 * one.hit).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

process.stdout.write(
  `${trace.rows.length} requests at ${values.speed}×, ${values.workers} × ${profile.name}, state ${values.staleness} ms old, step noise σ ${values.noise}, ${values.seeds} seeds\n` +
    `goodput: TTFT ≤ max(5 s, 3 × unloaded), TPOT ≤ 100 ms; the ceiling (each request alone, infinite cache) is 100 % with P99 ratio ≤ 1\n\n` +
    "| policy | goodput % | lowest seed | P99 TTFT ÷ unloaded | TTFT mean ms | p99 | TPOT p99 ms | hit % |\n|---|---|---|---|---|---|---|---|\n",
);
const best: Quality[] = [];
for (const [name, specs] of Object.entries(RIVALS)) {
  if (values.only !== undefined && !values.only.split(",").includes(name)) continue;
  const all = specs.map(measure);
  const [first] = all;
  const winner = all.reduce((a, b) => (b.goodput > a.goodput ? b : a));
  if (first !== undefined) process.stdout.write(line(specs.length > 1 ? `${name} (default)` : name, first));
  if (specs.length > 1) process.stdout.write(line(`best of ${specs.length}: ${winner.policy}`, winner));
  best.push(winner);
}
const ours = best.find(({ policy }) => policy === "kv_aware");
const rival = best
  .filter(({ policy }) => policy !== "kv_aware")
  .reduce<Quality | undefined>((a, b) => (a && a.goodput > b.goodput ? a : b), undefined);
if (ours && rival)
  process.stdout.write(
    `\nkv_aware against the best rival (${rival.policy}): closes ${((100 * (ours.goodput - rival.goodput)) / (1 - rival.goodput)).toFixed(1)} % of its gap to the ceiling (goal 25), ` +
      `P99 TTFT ÷ unloaded ${(100 * (ours.ratioP99 / rival.ratioP99 - 1)).toFixed(1)} % (goal −20)\n`,
  );
