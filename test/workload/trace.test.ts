// Traces: the formats are read, bad rows are named, the generator has the statistics of its preset.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { parseTrace, syntheticTrace, type Trace, tracePlan, traceStatistics } from "../../src/workload/index.ts";

const file = "t.jsonl";

test("Mooncake rows are read, sorted and moved to time 0", () => {
  const trace = parseTrace(
    '{"timestamp": 3000, "input_length": 600, "output_length": 0, "hash_ids": [0, 7]}\n{"timestamp": 1000, "input_length": 5, "output_length": 9, "hash_ids": [0]}\n',
    { file },
  );
  assert.equal(trace.format, "mooncake");
  assert.deepEqual(
    trace.rows.map((row) => [row.atMs, row.inputTokens, row.outputTokens, row.hashIds]),
    [
      [0, 5, 9, [0]],
      [2000, 600, 1, [0, 7]],
    ],
  );
});

test("Azure rows are read with parts of a second", () => {
  const text =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:47.1805900,396,109\n";
  const { rows, format } = parseTrace(text, { file });
  assert.equal(format, "azure");
  assert.equal(Math.round(rows[1]?.atMs ?? 0), 500);
});

test("a bad row is named by line and counted; strict fails at it", () => {
  const text =
    '{"timestamp": 0, "input_length": 5, "output_length": 9}\nnonsense\n{"timestamp": 0, "input_length": -5, "output_length": 9}\n';
  const { rows, skipped } = parseTrace(text, { file });
  assert.equal(rows.length, 1);
  assert.deepEqual(
    skipped.map((one) => one.line),
    [2, 3],
  );
  assert.match(skipped[1]?.why ?? "", /input_length: expected an integer ≥ 1, found -5/);
  assert.throws(() => parseTrace(text, { file, strict: true }), /t\.jsonl:2/);
});

test("whatever a file holds, reading it gives rows or one clear error", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      try {
        assert.ok(parseTrace(text, { file }).rows.length > 0);
      } catch (error) {
        assert.equal(error instanceof Error && "code" in error && error.code, "SWG_TRACE_INVALID");
      }
    }),
  );
});

test("the conversation generator is within 10 % of the trace it stands for", () => {
  // Mooncake conversation: computed from the trace itself, see src/workload/presets.ts.
  const wanted = {
    inputMean: 12_035,
    inputP99: 85_400,
    outputMean: 342.6,
    outputP99: 1118.5,
    ratePerSecond: 3.4,
    infiniteCacheHit: 0.3736,
  };
  for (const seed of [1, 2, 3]) {
    const found = traceStatistics(
      syntheticTrace({ preset: "conversation", requests: 12_031, random: seededRandom(seed) }),
    );
    for (const [name, value] of Object.entries(wanted)) {
      const ratio = found[name as keyof typeof wanted] / value;
      assert.ok(
        ratio > 0.9 && ratio < 1.1,
        `seed ${seed}: ${name} is ${found[name as keyof typeof wanted]}, not about ${value}`,
      );
    }
  }
});

test("equal hash ids become equal tokens, and nothing else is shared", () => {
  const row = { atMs: 0, inputTokens: 700, outputTokens: 4, session: undefined };
  const trace: Trace = {
    format: "mooncake",
    blockTokens: 512,
    skipped: [],
    rows: [
      { ...row, hashIds: [1, 2] },
      { ...row, hashIds: [1, 3], atMs: 1000 },
      { ...row, hashIds: undefined, atMs: 2000 },
    ],
  };
  const plan = [...tracePlan(trace, { model: "m", speed: 2, vocabulary: 32_000, maxInputTokens: 600 })];
  assert.deepEqual(
    plan.map((one) => one.plannedAt),
    [0, 500, 1000],
  );
  const [a, b, c] = plan.map((one) => (JSON.parse(one.body.toString()) as { prompt: number[] }).prompt);
  assert.ok(a && b && c);
  assert.equal(a.length, 600);
  assert.deepEqual(a.slice(0, 512), b.slice(0, 512));
  assert.notDeepEqual(a.slice(512), b.slice(512));
  assert.notDeepEqual(a.slice(0, 64), c.slice(0, 64));
});
