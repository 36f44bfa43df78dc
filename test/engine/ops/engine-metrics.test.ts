// The metrics page: against a recorded page of vLLM 0.32, and filled by steps.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { virtualClock } from "../../../src/core/index.ts";
import { engineMetrics } from "../../../src/engine/ops/engine-metrics.ts";
import { readWorkerMetrics } from "../../../src/vllm/index.ts";

const RECORDED = "/work/shared/data/vllm-fixtures/metrics.txt";
const absent = existsSync(RECORDED) ? false : `no recording at ${RECORDED}`;

function sample() {
  const clock = virtualClock();
  const metrics = engineMetrics({
    clock,
    model: "tiny",
    cache: { blockSize: 32, gpuBlocks: 65_536, maxModelLen: 2048, prefixCaching: true, gpuMemoryUtilization: 0.92 },
    speed: 2,
    stats: () => ({
      running: 1,
      waiting: 2,
      kvUsage: 0.25,
      kvBlocks: 65_536,
      preemptions: 3,
      prefixQueries: 970,
      prefixHits: 256,
    }),
    blockSize: () => 32,
  });
  metrics.http({
    handler: "/v1/completions",
    method: "POST",
    status: "2xx",
    seconds: 0.2,
    requestBytes: 10,
    responseBytes: 20,
  });
  return metrics;
}

/** Two requests: `a` makes three tokens, `b` is aborted after one. */
function filled(): string {
  const metrics = sample();
  for (const id of ["a", "b"]) metrics.arrived({ id, promptTokens: 100, maxTokens: 50, n: 1, arrivedAt: 0 });
  const token = (id: string, last = false) => ({
    id,
    token: 7,
    finish: last ? ("length" as const) : undefined,
    cachedTokens: 64,
  });
  const plan = { durationMs: 100, tokens: 72, admitted: ["a", "b"] };
  metrics.step({ plan, outputs: [token("a"), token("b")], events: [], endedAt: 90 });
  metrics.aborted("b");
  metrics.step({ plan: { durationMs: 40, tokens: 1 }, outputs: [token("a")], events: [], endedAt: 110 });
  metrics.step({ plan: { durationMs: 40, tokens: 1 }, outputs: [token("a", true)], events: [], endedAt: 130 });
  return metrics.render();
}

interface Shape {
  readonly type: string;
  readonly help: string;
  /** Label names and `le` edges of all samples, without values of other labels. */
  readonly series: ReadonlySet<string>;
}

/** Families by name as `# TYPE` gives it; each `_bucket`, `_count`, `_sum` belongs to the family before. */
function shapes(page: string): Map<string, Shape> {
  const found = new Map<string, Shape>();
  let help = "";
  let series = new Set<string>();
  for (const line of page.split("\n")) {
    const [, mark, name = "", text = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (mark === "HELP") help = text;
    else if (mark === "TYPE") {
      series = new Set();
      found.set(name, { type: text, help, series });
    } else if (line !== "") series.add(seriesShape(line));
  }
  return found;
}

/** Values of labels with a fixed set are compared, those of free ones are not. */
function seriesShape(line: string): string {
  const free = /\b(handler|method|status|model_name|num_gpu_blocks|kv_cache_memory_bytes)="[^"]*"/g;
  return line.replace(/ \S+$/, "").replaceAll(free, "$1");
}

test(
  "every vllm family of the page exists in the recording with equal type, help, labels and buckets",
  { skip: absent },
  () => {
    const ours = shapes(filled());
    const theirs = shapes(readFileSync(RECORDED, "utf8"));
    let compared = 0;
    for (const [name, shape] of ours) {
      const recorded = theirs.get(name);
      assert.ok(recorded, `${name} is not on the recorded page`);
      assert.equal(shape.type, recorded.type, name);
      assert.equal(shape.help, recorded.help, name);
      if (!name.startsWith("vllm:")) continue;
      assert.deepEqual([...shape.series], [...recorded.series], name);
      compared++;
    }
    assert.ok(compared > 50);
  },
);

test("what is recorded and missing here is known", { skip: absent }, () => {
  const ours = shapes(filled());
  const missing = [...shapes(readFileSync(RECORDED, "utf8")).keys()].filter((name) => !ours.has(name));
  const known = /^(python_|process_|vllm:sleep_mode_)/;
  assert.deepEqual(
    missing.filter((name) => !known.test(name)),
    [],
  );
});

test("the families stand in the order of the recording", { skip: absent }, () => {
  const ours = [...shapes(filled()).keys()];
  const theirs = [...shapes(readFileSync(RECORDED, "utf8")).keys()];
  assert.deepEqual(
    ours,
    theirs.filter((name) => ours.includes(name)),
  );
});

test("steps, aborts and stats fill it", () => {
  const page = filled();
  const value = (series: string) =>
    page
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.split(" ")
      .at(-1);
  const own = `{engine="0",model_name="tiny"}`;
  const expected = {
    [`vllm:num_requests_running${own}`]: "1.0",
    [`vllm:num_requests_waiting${own}`]: "2.0",
    [`vllm:kv_cache_usage_perc${own}`]: "0.25",
    [`vllm:prefix_cache_queries_total${own}`]: "970.0",
    [`vllm:num_preemptions_total${own}`]: "3.0",
    [`vllm:prompt_tokens_total${own}`]: "200.0",
    [`vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="local_compute"}`]: "72.0",
    [`vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="local_cache_hit"}`]: "128.0",
    [`vllm:generation_tokens_total${own}`]: "4.0",
    [`vllm:request_success_total{engine="0",finished_reason="length",model_name="tiny"}`]: "1.0",
    [`vllm:request_success_total{engine="0",finished_reason="abort",model_name="tiny"}`]: "0.0",
    [`vllm:time_to_first_token_seconds_count${own}`]: "2.0",
    [`vllm:time_to_first_token_seconds_bucket{engine="0",le="0.08",model_name="tiny"}`]: "0.0",
    [`vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="tiny"}`]: "2.0",
    [`vllm:inter_token_latency_seconds_sum${own}`]: "0.04",
    [`vllm:request_time_per_output_token_seconds_sum${own}`]: "0.02",
    [`vllm:request_queue_time_seconds_sum${own}`]: "0.04",
    [`vllm:request_prefill_time_seconds_sum${own}`]: "0.05",
    [`vllm:request_decode_time_seconds_sum${own}`]: "0.04",
    [`vllm:e2e_request_latency_seconds_sum${own}`]: "0.13",
    [`vllm:request_prefill_kv_computed_tokens_sum${own}`]: "36.0",
    [`vllm:iteration_tokens_total_sum${own}`]: "74.0",
    [`http_requests_total{handler="/v1/completions",method="POST",status="2xx"}`]: "1.0",
  };
  for (const [series, text] of Object.entries(expected)) assert.equal(value(series), text, series);
});

test("n > 1 is observed once a request, with the longest output", () => {
  const metrics = sample();
  for (const id of ["a", "b"]) metrics.arrived({ id, promptTokens: 10, maxTokens: 5, n: 2, arrivedAt: 0 });
  const finish = "length" as const;
  const plan = { durationMs: 1, tokens: 1 };
  metrics.step({
    plan,
    outputs: [
      { id: "a", token: 1, finish, cachedTokens: 0 },
      { id: "b", token: 1, finish: undefined, cachedTokens: 0 },
    ],
    events: [],
    endedAt: 5,
  });
  assert.match(metrics.render(), /vllm:request_params_n_count\S+ 0\.0\n/);
  metrics.step({ plan, outputs: [{ id: "b", token: 1, finish, cachedTokens: 0 }], events: [], endedAt: 9 });
  const page = metrics.render();
  assert.match(page, /vllm:request_params_n_count\S+ 1\.0\nvllm:request_params_n_sum\S+ 2\.0\n/);
  assert.match(page, /vllm:request_max_num_generation_tokens_sum\S+ 2\.0\n/);
  assert.match(page, /vllm:request_params_max_tokens_count\S+ 2\.0\n/);
});

test("the gateway's reader understands it", () => {
  const read = readWorkerMetrics(filled());
  assert.deepEqual([read.running, read.waiting, read.kvUsage, read.malformed], [1, 2, 0.25, 0]);
  assert.deepEqual([read.cacheConfig.blockSize, read.cacheConfig.numGpuBlocks], [32, 65_536]);
});

test("counters follow the engine's without counting twice, and labels are escaped", () => {
  const metrics = sample();
  metrics.render();
  assert.match(metrics.render(), /vllm:prefix_cache_hits_total\S+ 256\.0\n/);
  const strange = engineMetrics({
    clock: virtualClock(),
    model: `a"b\\c\nd`,
    cache: { blockSize: 16, gpuBlocks: 10, maxModelLen: 64, prefixCaching: false, gpuMemoryUtilization: 0.9 },
    speed: 1,
    stats: () => ({
      running: 0,
      waiting: 0,
      kvUsage: 0,
      kvBlocks: 10,
      preemptions: 0,
      prefixQueries: 0,
      prefixHits: 0,
    }),
    blockSize: () => 16,
  });
  assert.ok(strange.render().includes(`model_name="a\\"b\\\\c\\nd"`));
});
