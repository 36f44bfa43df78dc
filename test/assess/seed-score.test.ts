// The seed's score: decision and texts as Python makes them (golden values: scripts/golden/seed_score_values.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseFieldsFile, seedScore } from "../../src/assess/index.ts";

interface Golden {
  readonly input: string;
  readonly migrate: boolean;
  readonly reasons: readonly string[];
}

const file = resolve(import.meta.dirname, "seed-score-golden.json");
const golden = JSON.parse(readFileSync(file, "utf8")) as readonly Golden[];

test("score and texts are the seed's", () => {
  assert.ok(golden.length > 400);
  for (const { input, migrate, reasons } of golden) {
    const score = seedScore(parseFieldsFile("fields.json", input).fields);
    assert.deepEqual([score.migrate, score.reasons], [migrate, reasons], input);
    assert.deepEqual(score.missing, []);
  }
});

test("points: 3, 3, 2, 2, 1, migrate at 3", () => {
  const all = seedScore({
    gpu_utilization_avg: 0.9,
    ttft_p99_ms: 3200,
    ttft_slo_ms: 500,
    num_models: 2,
    peak_to_avg_ratio: 2.5,
    system_prompt_reuse_rate: 0.6,
  });
  assert.deepEqual(
    all.rules.map(({ field, points, fired }) => [field, points, fired]),
    [
      ["gpu_utilization_avg", 3, true],
      ["ttft_p99_ms", 3, true],
      ["num_models", 2, true],
      ["peak_to_avg_ratio", 2, true],
      ["system_prompt_reuse_rate", 1, true],
    ],
  );
  assert.equal(all.score, 11);
});

test("without a value the answer is open, unless the others decide", () => {
  const open = seedScore({ ttft_p99_ms: 100, ttft_slo_ms: 500, num_models: 1, peak_to_avg_ratio: 1 });
  assert.deepEqual([open.migrate, open.score, open.missing], [null, 0, ["gpu_utilization_avg"]]);
  const decided = seedScore({ ttft_p99_ms: 450, ttft_slo_ms: 500, num_models: 1, peak_to_avg_ratio: 1 });
  assert.equal(decided.migrate, true);
  const little = seedScore({ gpu_utilization_avg: 0.1, ttft_p99_ms: 1, ttft_slo_ms: 500, num_models: 1 });
  assert.equal(little.migrate, false);
});

test("a fields file says what is wrong with it", () => {
  for (const [text, message] of [
    ["[1]", /no object of fields/],
    ["{", /no JSON/],
    ['{"gpu": 1}', /unknown field/],
    ['{"num_models": "2"}', /no number/],
  ] as const)
    assert.throws(() => parseFieldsFile("f.json", text), message);
  const { windowHours, ttftSamples } = parseFieldsFile("f.json", '{"window_hours": 48, "ttft_samples": 5000}');
  assert.deepEqual([windowHours, ttftSamples], [48, 5000]);
});
