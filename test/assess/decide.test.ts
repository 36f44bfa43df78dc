// The answer: too little data, stay, tune, scale, migrate; each with reasons and what would flip it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assess, type Assessment, observe, parseFieldsFile, readSnapshot } from "../../src/assess/index.ts";
import { page, type PageFigures } from "./pages.ts";

const NOW = 1_800_000_000_000;
const slo = { ttftP99Ms: 500, itlP99Ms: undefined };

function judged(
  figures: PageFigures,
  more: { tenants?: number; force?: boolean; hours?: number } = {},
): Promise<Assessment> {
  const { hours = 48, force = false, tenants } = more;
  const started = NOW / 1000 - hours * 3600;
  const observation = observe([readSnapshot(page({ started, ...figures }), NOW)], { source: "page" });
  return assess({ observation, fields: undefined, slo, force, tenants });
}

const FAST = { "0.25": 5000, "0.5": 0 };
const SLOW = { "0.25": 4000, "0.5": 0, "1.0": 1000 };

test("under a day or under 299 samples: INSUFFICIENT_DATA, unless forced", async () => {
  const short = await judged({ ttft: FAST }, { hours: 23 });
  assert.deepEqual([short.answer, /covers 23\.0 h/.test(short.reasons[0] ?? "")], ["INSUFFICIENT_DATA", true]);
  const few = await judged({ ttft: { "0.25": 298 } });
  assert.deepEqual([few.answer, /298 TTFT samples/.test(few.reasons[0] ?? "")], ["INSUFFICIENT_DATA", true]);
  const forced = await judged({ ttft: FAST }, { hours: 1, force: true });
  assert.equal(forced.answer, "STAY");
  assert.match(forced.reasons.at(-1) ?? "", /^forced: the data covers 1\.0 h/);
});

test("an SLO that is kept without a queue: STAY", async () => {
  const one = await judged({ ttft: FAST });
  assert.equal(one.answer, "STAY");
  assert.ok(one.flips.some((text) => /TTFT P99 surely at 500 ms or more \(now 0–250 ms\)/.test(text)));
  assert.equal(one.whatIf.ran, false);
});

test("pressure with flags left to turn: TUNE", async () => {
  const off = await judged({ ttft: SLOW, caching: false });
  assert.deepEqual([off.answer, off.tunings.map(({ flag }) => flag)], ["TUNE", ["--enable-prefix-caching"]]);
  const waiting = await judged({ ttft: SLOW, waiting: 5, running: 16, kvUsage: 0.3 });
  assert.deepEqual([waiting.answer, waiting.tunings[0]?.flag], ["TUNE", "--max-num-seqs 32"]);
  const preempted = await judged({ ttft: SLOW, preemptions: 500, memory: 0.8 });
  assert.equal(preempted.tunings[0]?.flag, "--gpu-memory-utilization 0.92");
});

test("requests that wait for their prompts to be computed are not told to raise --max-num-seqs", async () => {
  const figures = [20, 90, 160, 208].map((running) => page({ ttft: SLOW, waiting: 100, running, kvUsage: 0.14 }));
  const observed = (pages: readonly string[]) =>
    observe(
      pages.map((text, i) => readSnapshot(text, NOW + i * 1000)),
      { source: "page" },
    );
  const growing = await assess({ observation: observed(figures), fields: undefined, slo, force: true, tenants: 1 });
  assert.deepEqual([growing.answer, growing.tunings], ["SCALE", []]);
  const full = [206, 208, 207, 208].map((running) => page({ ttft: SLOW, waiting: 100, running, kvUsage: 0.14 }));
  const pinned = await assess({ observation: observed(full), fields: undefined, slo, force: true, tenants: 1 });
  assert.deepEqual([pinned.answer, pinned.tunings[0]?.flag], ["TUNE", "--max-num-seqs 416"]);
});

test("pressure alone: SCALE; with reuse, peaks, tenants or models: MIGRATE", async () => {
  assert.equal((await judged({ ttft: SLOW, kvUsage: 0.9 })).answer, "SCALE");
  const reuse = await judged({ ttft: SLOW, kvUsage: 0.9, hits: 600 });
  assert.equal(reuse.answer, "MIGRATE");
  assert.ok(reuse.reasons.some((text) => text.startsWith("60 % of prompt tokens are cached")));
  assert.equal((await judged({ ttft: SLOW, kvUsage: 0.9 }, { tenants: 3 })).answer, "MIGRATE");
  assert.equal((await judged({ ttft: FAST, models: ["a", "b"] })).answer, "MIGRATE");
});

test("what would flip the answer does so when it is tried", async () => {
  const many = await judged({ ttft: FAST, models: ["a", "b"], hits: 600 });
  assert.deepEqual(many.flips, ["one model only: STAY", "none of these needs: STAY"]);
  assert.equal((await judged({ ttft: FAST, models: ["a"], hits: 600 })).answer, "STAY");
  assert.equal((await judged({ ttft: FAST, models: ["a"] })).answer, "STAY");
  const both = await judged({ ttft: SLOW, models: ["a", "b"], hits: 600, kvUsage: 0.9 });
  assert.deepEqual(both.flips, ["one model only: MIGRATE", "none of these needs, with the same pressure: SCALE"]);
  assert.equal((await judged({ ttft: SLOW, models: ["a"], hits: 600, kvUsage: 0.9 })).answer, "MIGRATE");
  assert.equal((await judged({ ttft: SLOW, models: ["a"], kvUsage: 0.9 })).answer, "SCALE");
  // Near the SLO busy GPUs press, without a queue: the way back to STAY names them.
  const busy = (utilization: number) => {
    const fields = `{"gpu_utilization_avg":${utilization},"ttft_p99_ms":450,"num_models":1,"window_hours":48,"ttft_samples":9000}`;
    return assess({ observation: undefined, fields: parseFieldsFile("f", fields), slo, force: false, tenants: 1 });
  };
  const pressed = await busy(0.9);
  assert.equal(pressed.answer, "SCALE");
  assert.match(pressed.flips[0] ?? "", /GPU utilisation at most 75 % \(now 90 %\): STAY$/);
  const calm = await busy(0.75);
  assert.equal(calm.answer, "STAY");
  assert.ok(calm.flips.some((text) => /^GPU utilisation above 75 % while .* near its SLO \(now 75 %\)$/.test(text)));
});

test("the seed's conditions: all thirteen, with evidence", async () => {
  const one = await judged({ ttft: SLOW, kvUsage: 0.9, hits: 600, models: ["llama-70b"] }, { tenants: 1 });
  const status = one.seed.conditions.map(({ side, kind, text, status: is }) => `${side} ${kind} ${is}: ${text}`);
  assert.deepEqual(status, [
    "stay_on_vllm condition not met: Single model, single node is sufficient for traffic",
    "stay_on_vllm condition not met: Peak QPS fits within one node's throughput",
    "stay_on_vllm condition not met: No requirement for KV cache sharing across nodes",
    "stay_on_vllm condition unknown: No SLO that requires disaggregated prefill/decode",
    "stay_on_vllm condition met: No multi-model serving requirement",
    "stay_on_vllm typical_scale met: Less than 50 QPS for 70B model on 8xH100",
    "migrate_to_dynamo condition met: Traffic exceeds single node throughput",
    "migrate_to_dynamo condition unknown: Need TTFT optimization via disaggregated prefill/decode",
    "migrate_to_dynamo condition not met: Multiple models sharing same GPU cluster",
    "migrate_to_dynamo condition unknown: Need autoscaling for variable traffic",
    "migrate_to_dynamo condition met: Need KV cache prefix sharing across requests",
    "migrate_to_dynamo condition not met: Need multi-tenant isolation",
    "migrate_to_dynamo typical_scale not met: More than 50 QPS for 70B, or multi-model serving",
  ]);
  assert.ok(one.seed.conditions.every(({ evidence }) => evidence.length > 0));
});

test("KV-cache usage stands in for the GPUs and is named so; a given figure wins in the seed's score", async () => {
  const one = await judged({ ttft: FAST, kvUsage: 0.8 });
  assert.match(one.evidence.gpu?.source ?? "", /stands in for GPU utilisation/);
  assert.deepEqual(one.seed.reasons, ["GPU utilization 80% approaching limit"]);
  const observation = observe([readSnapshot(page({ ttft: FAST, kvUsage: 0.8 }), NOW)], { source: "page" });
  const fields = parseFieldsFile("f", '{"gpu_utilization_avg": 0.3}');
  const given = await assess({ observation, fields, slo, force: true, tenants: undefined });
  assert.deepEqual([given.seed.reasons, given.evidence.gpu?.source], [[], "given"]);
});

test("fields alone are evidence when they say how much data they stand for", async () => {
  const text =
    '{"gpu_utilization_avg":0.87,"ttft_p99_ms":3200,"ttft_slo_ms":500,"num_models":1,"peak_to_avg_ratio":2.5';
  const of = (more: string) =>
    assess({
      observation: undefined,
      fields: parseFieldsFile("f", `${text}${more}}`),
      slo,
      force: false,
      tenants: undefined,
    });
  assert.equal((await of("")).answer, "INSUFFICIENT_DATA");
  const full = await of(',"window_hours":72,"ttft_samples":50000');
  assert.deepEqual([full.answer, full.seed.score, full.seed.migrate], ["MIGRATE", 8, true]);
});

test("the what-if comes from whoever runs it", async () => {
  const observation = observe([readSnapshot(page({ ttft: FAST }), NOW)], { source: "page" });
  const rows = [{ setUp: "stay", goodput: 0.5, ttftP99Ms: 900, gpus: 8 }] as const;
  const one = await assess({
    observation,
    fields: undefined,
    slo,
    force: true,
    tenants: undefined,
    whatIf: async () => ({ ran: true, rows, assumptions: [] }),
  });
  assert.deepEqual(one.whatIf, { ran: true, rows, assumptions: [] });
});
