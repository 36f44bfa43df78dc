// The metrics table is vLLM's page, and the reader understands that page, older names and garbage.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  metricNumber,
  parseMetricsPage,
  readWorkerMetrics,
  tokenCountBuckets,
  VLLM_METRICS,
} from "../../src/vllm/index.ts";
import { fixture, noFixtures } from "./fixtures.ts";

test("wanted samples are read, with escapes, signs, exponents and timestamps", () => {
  const text = [
    "# HELP a x",
    'a{l="q\\"\\\\\\n",m="}"} 1.5e+02',
    "a 2 1700000000000",
    "a{} -Inf",
    'a{l="x",} NaN',
    "ab 9",
    'a{l="x"}\t+Inf\r',
    "a{l=} 1",
    "a x",
    "a",
  ].join("\n");
  const page = parseMetricsPage(text, new Set(["a"]));
  assert.deepEqual(
    page.samples.map((sample) => [{ ...sample.labels }, sample.value]),
    [
      [{ l: 'q"\\\n', m: "}" }, 150],
      [{}, 2],
      [{}, -Infinity],
      [{ l: "x" }, Number.NaN],
      [{ l: "x" }, Infinity],
    ],
  );
  assert.equal(page.malformed, 3);
});

test("missing stays undefined", () => {
  const metrics = readWorkerMetrics("");
  assert.deepEqual(
    [metrics.running, metrics.kvUsage, metrics.ttft, metrics.cacheConfig.blockSize],
    [undefined, undefined, undefined, undefined],
  );
  assert.deepEqual(metrics.requestSuccess, {});
});

test("older names are read", () => {
  const metrics = readWorkerMetrics(
    [
      'vllm:gpu_cache_usage_perc{model_name="m"} 0.5',
      'vllm:gpu_prefix_cache_queries{model_name="m"} 10',
      'vllm:gpu_prefix_cache_hits_total{model_name="m"} 4',
      'vllm:time_per_output_token_seconds_bucket{le="0.1",model_name="m"} 3',
      'vllm:time_per_output_token_seconds_bucket{le="+Inf",model_name="m"} 5',
      'vllm:time_per_output_token_seconds_sum{model_name="m"} 0.7',
      'vllm:time_per_output_token_seconds_count{model_name="m"} 5',
    ].join("\n"),
  );
  assert.deepEqual([metrics.kvUsage, metrics.prefixQueries, metrics.prefixHits], [0.5, 10, 4]);
  assert.deepEqual(metrics.itl, { edges: [0.1, Infinity], counts: [3, 5], sum: 0.7, count: 5 });
});

test("engines of a data-parallel worker are summed, usage is their mean", () => {
  const metrics = readWorkerMetrics(
    [
      'vllm:num_requests_running{engine="0",model_name="m"} 2.0',
      'vllm:num_requests_running{engine="1",model_name="m"} 3.0',
      'vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25',
      'vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75',
      'vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 1',
      'vllm:request_success_total{engine="1",finished_reason="stop",model_name="m"} 2',
    ].join("\n"),
  );
  assert.deepEqual([metrics.running, metrics.kvUsage, metrics.requestSuccess["stop"]], [5, 0.5, 3]);
  assert.deepEqual([metrics.engines, metrics.models], [["0", "1"], ["m"]]);
});

test("any text is taken", () => {
  const lines = fc.array(
    fc.oneof(
      fc.string(),
      fc.string().map((tail) => `vllm:num_requests_running${tail}`),
      fc.constantFrom(
        'vllm:request_success_total{finished_reason="__proto__"} 1',
        'vllm:cache_config_info{block_size="None"} 1',
      ),
    ),
  );
  fc.assert(fc.property(lines, (text) => assert.ok(readWorkerMetrics(text.join("\n")).malformed >= 0)));
});

test("a recorded page of vLLM 0.32 is read", { skip: noFixtures }, () => {
  const text = fixture("metrics.txt").toString();
  const metrics = readWorkerMetrics(text);
  assert.deepEqual([metrics.running, metrics.waiting, metrics.malformed], [0, 0, 0]);
  assert.deepEqual(metrics.cacheConfig, {
    blockSize: 32,
    numGpuBlocks: 65536,
    prefixCaching: true,
    hashAlgorithm: "sha256",
    gpuMemoryUtilization: 0.92,
  });
  assert.deepEqual(metrics.models, ["tiny"]);
  assert.equal(metrics.requestSuccess["length"], 44);
  assert.equal(metrics.ttft?.count, 46);
  assert.equal(metrics.ttft?.counts.at(-1), 46);
  const bySource = Object.values(metrics.promptTokensBySource).reduce((a, b) => a + b, 0);
  assert.equal(bySource, metrics.promptTokens);
});

const EVERYWHERE = ["metrics.txt", "metrics-b-kvcache.txt", "metrics-nixl-decode.txt"];

test(
  "the table holds each family of the recorded pages with its type, help, labels and buckets",
  { skip: noFixtures },
  () => {
    for (const name of EVERYWHERE) {
      const text = fixture(name).toString();
      const { kv_cache_size_tokens: tokens, kv_cache_max_concurrency: requests } = labelsOf(
        text,
        "vllm:cache_config_info",
      );
      const maxModelLen = Number(tokens) / Number(requests);
      const heads = [...text.matchAll(/^# HELP (vllm:\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].filter(
        ([, family = ""]) => !family.endsWith("_created"),
      );
      assert.ok(heads.length > 40);
      for (const [, shown = "", help, type] of heads) {
        const family = VLLM_METRICS.find((one) => (one.type === "counter" ? `${one.name}_total` : one.name) === shown);
        assert.ok(family, `${shown} is missing`);
        assert.deepEqual([family.type, family.help], [type, help]);
        const sample = family.type === "histogram" ? `${shown}_bucket` : shown;
        const lines = text.split("\n").filter((line) => line.startsWith(`${sample}{`));
        const labels = [...(lines[0] ?? "").matchAll(/([a-z_]+)="/g)]
          .map(([, label]) => label)
          .filter((label) => label !== "le");
        if (lines.length > 0) assert.deepEqual(family.labels, labels, shown);
        checkValues(lines, family.values ?? {});
        if (family.buckets !== undefined && lines.length > 0)
          checkBuckets(lines, family.buckets === "token-counts" ? tokenCountBuckets(maxModelLen) : family.buckets);
      }
    }
  },
);

function labelsOf(text: string, name: string): Readonly<Record<string, string>> {
  return parseMetricsPage(text, new Set([name])).samples[0]?.labels ?? {};
}

function checkValues(lines: readonly string[], values: Readonly<Record<string, readonly string[]>>): void {
  for (const [label, expected] of Object.entries(values)) {
    const seen = new Set(lines.map((line) => new RegExp(`${label}="([^"]*)"`).exec(line)?.[1]));
    assert.deepEqual([...seen], expected, lines.at(0) ?? label);
  }
}

function checkBuckets(lines: readonly string[], edges: readonly number[]): void {
  const shown = [...new Set(lines.map((line) => /le="([^"]*)"/.exec(line)?.[1]))];
  assert.deepEqual(shown, [...edges, Infinity].map(metricNumber), lines.at(0) ?? "no line");
}

test("families stand in the order of the page", { skip: noFixtures }, () => {
  const shown = [
    ...fixture("metrics.txt")
      .toString()
      .matchAll(/^# TYPE (vllm:\S+) (\S+)$/gm),
  ].map(([, name = "", type]) => (type === "counter" ? name.replace(/_total$/, "") : name));
  const expected = shown.filter((name) => !name.endsWith("_created"));
  assert.deepEqual(
    VLLM_METRICS.map((one) => one.name).filter((name) => expected.includes(name)),
    expected,
  );
});

test("numbers are written as prometheus_client writes them", () => {
  const cases: [number, string][] = [
    [0, "0.0"],
    [1, "1.0"],
    [0.001, "0.001"],
    [0.00001, "1e-05"],
    [16384, "16384.0"],
    [524288, "524288.0"],
    [1000000, "1e+06"],
    [2097152, "2.097152e+06"],
    [8589934592, "8.589934592e+09"],
    [1795422750.382839, "1.795422750382839e+09"],
    [-5, "-5.0"],
    [Infinity, "+Inf"],
    [Number.NaN, "NaN"],
  ];
  for (const [value, text] of cases) assert.equal(metricNumber(value), text);
});

test("recorded numbers are written as they were", { skip: noFixtures }, () => {
  const values = [
    ...fixture("metrics.txt")
      .toString()
      .matchAll(/^[^#\n]* (\S+)$/gm),
  ].map(([, value = ""]) => value);
  assert.ok(values.length > 500);
  for (const value of values) assert.equal(metricNumber(Number(value)), value);
});

test("token buckets are 1, 2, 5 × 10^k up to the context length", () => {
  assert.deepEqual(tokenCountBuckets(2048).slice(-3), [500, 1000, 2000]);
  assert.deepEqual(tokenCountBuckets(5), [1, 2, 5]);
});
