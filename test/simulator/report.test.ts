// Reports: every one fits its JSON Schema, the series agree with the totals, and the harness does what it is asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import {
  checkFleet,
  compare,
  DEFAULT_WORLD,
  findKnee,
  parseSweep,
  resultCsv,
  resultPage,
  runScenario,
  type Scenario,
  scenarioSteps,
  type SimulationReport,
  type SimulationResult,
  type VariantResult,
  variants,
} from "../../src/simulator/index.ts";
import { reportSchema } from "../../src/simulator/report-schema.ts";
import { sessionTrace, shapedTrace } from "../../src/workload/index.ts";

const profile = loadProfile("llama-3.1-8b-h100-tp1-bf16");
const trace = shapedTrace({
  requests: 400,
  arrivals: { kind: "poisson", ratePerSecond: 20 },
  inputTokens: 800,
  outputTokens: 60,
  spread: 0.5,
  jitter: 0,
  sharedShare: 0.5,
  groups: 5,
  seed: "1",
});
const SCENARIO: Scenario = {
  profiles: [profile, profile],
  trace,
  policy: "kv_aware",
  speed: 1,
  seed: "1",
  noise: 0.1,
  stalenessMs: 20,
  concurrency: undefined,
  staggerMs: 0,
  warmUpMs: 0,
  slo: { ttftMs: 200, tpotMs: 100 },
};

function run(list: ReturnType<typeof variants>, seeds: readonly string[]): VariantResult[] {
  return list.map(({ name, policy, swept, scenario }) => ({
    name,
    policy,
    swept,
    results: seeds.map((seed) => runScenario({ ...scenario, seed })),
  }));
}

function reportOf(results: readonly VariantResult[]): SimulationReport {
  return { format: 1, partial: false, skippedRows: 0, variants: results, compared: compare(results, seededRandom(1)) };
}

test("a report fits its schema: of plain runs, of sweeps, of a world of pairs, of a single request", () => {
  const world = {
    ...DEFAULT_WORLD,
    roles: ["prefill", "decode"],
    failures: [{ worker: 0, atMs: 9000, downMs: 500 }],
  } as const;
  const cases: VariantResult[][] = [
    run(variants([SCENARIO], [parseSweep("speed=1,4"), parseSweep("workers=1,2")]), ["1", "2"]),
    run(variants([{ ...SCENARIO, world }], []), ["1"]),
    run(variants([{ ...SCENARIO, trace: { ...trace, rows: trace.rows.slice(0, 1) } }], []), ["1"]),
  ];
  for (const results of cases) {
    const parsed = reportSchema.safeParse(JSON.parse(JSON.stringify(reportOf(results))));
    assert.ok(parsed.success, parsed.error?.message ?? "");
  }
  const wrong = { ...reportOf(cases[2] ?? []), more: 1 };
  assert.equal(reportSchema.safeParse(JSON.parse(JSON.stringify(wrong))).success, false);
});

test("the same scenario gives the same bytes, another seed others", () => {
  const bytes = (seed: string): string => JSON.stringify(runScenario({ ...SCENARIO, seed }));
  assert.equal(bytes("1"), bytes("1"));
  assert.notEqual(bytes("1"), bytes("2"));
});

test("the series add up to the run's totals", () => {
  const { series, summary } = runScenario(SCENARIO);
  const seconds = series.stepMs / 1000;
  const area = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) * seconds;
  // Little's law: time that requests spend waiting = mean wait × requests.
  const waited = (summary.ttftMs.mean * summary.requests) / 1000;
  assert.ok(Math.abs(area(series.queue) / waited - 1) < 1e-6, `${area(series.queue)} and ${waited}`);
  const stayed = (summary.e2eMs.mean * summary.requests) / 1000;
  const loads = series.workers.reduce((sum, one) => sum + area(one.load), 0);
  assert.ok(Math.abs(loads / stayed - 1) < 1e-6, `${loads} and ${stayed}`);
  assert.ok(series.load.most.every((most, bin) => most >= (series.load.mean[bin] ?? 0)));
});

test("the TTFT distribution rises to the largest value and passes the percentiles of the summary", () => {
  const { ttftCdf, summary } = runScenario(SCENARIO);
  assert.ok(ttftCdf.every(([value], i) => value >= (ttftCdf[i - 1]?.[0] ?? 0)));
  assert.deepEqual(ttftCdf.at(-1), [summary.ttftMs.max, 1]);
  assert.equal(ttftCdf.find(([, share]) => share === 0.5)?.[0], summary.ttftMs.p50);
});

test("warm-up and cool-down are simulated and not counted", () => {
  const all = runScenario(SCENARIO);
  const some = runScenario({ ...SCENARIO, warmUpMs: 2000, warmUpRequests: 10, coolDownRequests: 50 });
  const late = trace.rows.filter((row, i) => row.atMs >= 2000 && i >= 10 && i < 350).length;
  assert.deepEqual([some.summary.requests, some.notCounted], [late, 400 - late]);
  assert.deepEqual(some.workers, all.workers);
  assert.throws(() => runScenario({ ...SCENARIO, warmUpMs: 1e9 }), { code: "SWG_USAGE" });
});

test("a start-up burst sends the first requests at time 0", () => {
  const plain = runScenario(SCENARIO);
  const burst = runScenario({ ...SCENARIO, startUpBurst: 100 });
  assert.ok((burst.series.queue[0] ?? 0) > 5 * (plain.series.queue[0] ?? 0));
  assert.ok(burst.summary.ttftMs.p99 > plain.summary.ttftMs.p99);
});

test("clients that start all at once wait longer than staggered ones, and lengths that vary break the lock-step", () => {
  const rows = trace.rows.map((row) => ({ ...row, inputTokens: 1000, outputTokens: 100, hashIds: undefined }));
  const closed = { ...SCENARIO, trace: { ...trace, rows }, noise: 0, concurrency: 32 };
  const mean = (scenario: Scenario): number => runScenario(scenario).summary.ttftMs.mean;
  const together = mean(closed);
  assert.ok(mean({ ...closed, staggerMs: 3000 }) < 0.8 * together);
  assert.ok(mean({ ...closed, jitter: 0.2 }) < 0.9 * together);
});

const sessions = sessionTrace({
  sessions: 12,
  turns: 3,
  arrivals: { kind: "poisson", ratePerSecond: 4 },
  systemTokens: 256,
  groups: 2,
  inputTokens: 200,
  outputTokens: 120,
  jitter: 0.2,
  thinkMs: 300,
  seed: "1",
});

test("a session's turn comes its pause after the answer before it, and finds its history in the cache", () => {
  const open = runScenario({ ...SCENARIO, trace: sessions });
  const followed = runScenario({ ...SCENARIO, trace: sessions, followSessions: true });
  // Each turn waits for its predecessor: the last answer comes later than when nobody waits.
  assert.ok(followed.summary.durationMs > open.summary.durationMs);
  assert.ok(followed.summary.hitRate > 0.4, String(followed.summary.hitRate));
  assert.equal(followed.summary.ok, 36);
  const one = runScenario({ ...SCENARIO, trace: sessions, followSessions: true, concurrency: 1 });
  assert.equal(one.summary.ok, 36);
  assert.ok(Math.max(...one.series.queue, ...one.series.load.most) <= 1 + 1e-9);
});

test("a trace whose blocks are smaller than the workers' shares what full blocks share", () => {
  const wide = loadProfile("llama-3.1-8b-h100-tp1-bf16", { blockSize: 64 });
  const coarse = runScenario({ ...SCENARIO, profiles: [wide, wide] });
  const fine = runScenario(SCENARIO);
  assert.ok(coarse.summary.hitRate > 0 && coarse.summary.hitRate <= fine.summary.hitRate);
});

test("a run that is stopped tells what has come, and says so", () => {
  const steps = scenarioSteps({ ...SCENARIO, trace: { ...trace, rows: [...trace.rows, ...trace.rows] } });
  const first = steps.next(false);
  assert.ok(first.done !== true && first.value.requests === 512);
  const last = steps.next(true);
  assert.ok(last.done === true && last.value.interrupted);
  assert.equal(last.value.summary.requests, 512);
});

test("bug: nobody could end a run once all requests had come, however long they took", () => {
  const rows = trace.rows.map((row, i) => ({ ...row, atMs: 0, outputTokens: 100 + 50 * i }));
  const scenario = { ...SCENARIO, trace: { ...trace, rows } };
  const steps = scenarioSteps(scenario);
  let pauses = 0;
  for (let step = steps.next(false); step.done !== true; step = steps.next(false), pauses++);
  assert.ok(pauses > 20, String(pauses));
  const again = scenarioSteps(scenario);
  const first = again.next(false);
  assert.ok(first.done !== true && first.value.requests === 400);
  for (let i = 0; i < 5; i++) again.next(false);
  const { value, done } = again.next(true);
  assert.ok(done === true && value.interrupted);
  const { summary, workers } = value;
  assert.ok(summary.ok > 0 && summary.failed > 0 && summary.ok + summary.failed === 400);
  assert.ok(workers.every(({ busy }) => busy > 0.5 && busy <= 1));
});

test("a prompt that does not fit is cut, and counted", () => {
  const small = loadProfile("llama-3.1-8b-h100-tp1-bf16");
  const rows = [{ ...trace.rows[0], inputTokens: 10_000_000 }, ...trace.rows.slice(1)] as typeof trace.rows;
  const { cut } = runScenario({ ...SCENARIO, profiles: [small, small], trace: { ...trace, rows } });
  assert.equal(cut, 1);
});

test("a fleet of nothing, or of more GPUs than there are, is refused with the sum", () => {
  const large = loadProfile("llama-3.1-70b-h100-tp4-fp8");
  assert.throws(() => checkFleet([]), { code: "SWG_USAGE" });
  assert.throws(
    () => checkFleet([profile, large], { gpus: 4 }),
    (error: Error & { details: { value: string } }) => error.details.value === "1 × TP 1 + 1 × TP 4 = 5 GPUs > 4",
  );
  checkFleet([profile, large], { gpus: 5 });
});

test("the knee lies where the goal is just met", () => {
  const options = { goodput: 0.9, precision: 0.05, run: (one: Scenario): SimulationResult => runScenario(one) };
  const { speed, runs } = findKnee(SCENARIO, options);
  const at = (factor: number): number => runScenario({ ...SCENARIO, speed: speed * factor }).summary.goodputFraction;
  assert.ok(runs < 30 && at(1) >= 0.9 && at(1.5) < 0.9, `speed ${speed}: ${at(1)} and ${at(1.5)}`);
});

test("comparisons want equal seeds, and their interval holds the difference", () => {
  const results = run(variants([SCENARIO, { ...SCENARIO, policy: "round_robin" }], []), ["1", "2", "3"]);
  const metric = compare(results, seededRandom(1))[1]?.metrics.find((one) => one.metric === "ttft mean ms");
  assert.ok(metric && metric.low <= metric.difference && metric.difference <= metric.high);
  const other = run(variants([SCENARIO], []), ["1", "2", "9"]);
  assert.throws(() => compare([...results, ...other], seededRandom(1)), { code: "SWG_USAGE" });
});

test("the page has every plot, needs nothing from outside and escapes names; the CSV quotes them", () => {
  const results = run(variants([SCENARIO], [parseSweep("speed=1,2,4")]), ["1"]);
  const [first] = results;
  assert.ok(first);
  const odd = [...results, { ...first, name: '<b>"odd", policy' }];
  const report = { ...reportOf(results), variants: odd, partial: true, skippedRows: 3 };
  const page = resultPage({ title: "T", command: "c", report });
  for (const title of [
    "TTFT CDF",
    "Load per worker over time",
    "Requests without a token yet",
    "Hit rate over time",
    "Goodput against load",
  ])
    assert.ok(page.includes(`aria-label="${title}"`), title);
  assert.ok(page.includes("Ended early"));
  assert.doesNotMatch(page, /<b>|<script|https?:\/\//);
  const lines = resultCsv(odd).split("\n");
  assert.ok(lines[4]?.startsWith('"<b>""odd"", policy",1,'), lines[4] ?? "");
  assert.equal(lines[1]?.split(",").length, lines[0]?.split(",").length);
});
