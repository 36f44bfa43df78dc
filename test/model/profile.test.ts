// The profiles reproduce the note's table of step times (simulation.md §2.4) and the known block counts of real vLLM runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GPUS, loadProfile, memoryPlan, MODELS, profileNames, stepCost } from "../../src/model/index.ts";

/** Profile; KV tokens in millions; decode ms at 1, 64, 128, 256 sequences of context 1,024; prefill ms of 1k and 8k. */
// The note has an earlier fit of the same rows, without the overhead of steps with prefill: what it moved is within 8 %.
const TABLE: readonly (readonly [string, number, ...number[]])[] = [
  ["llama-3.1-70b-h100-tp2-fp8", 0.45, 16.6, 23.8, 32.4, 51.8, 83, 726],
  ["llama-3.1-70b-h100-tp4-fp8", 1.35, 11.4, 16.2, 21.7, 33.9, 51, 418],
  ["llama-3.1-70b-h100-tp8-fp8", 3.1, 9.2, 12.8, 16.7, 25.3, 35, 264],
  ["llama-3.1-70b-h100-tp4-bf16", 0.46, 18, 22.7, 28.3, 40.9, 67, 539],
  ["llama-3.1-70b-h100-tp8-bf16", 1.36, 12.4, 16, 20, 28.7, 43, 325],
  ["llama-3.1-70b-h200-tp1-fp8", 0.31, 19.9, 29.7, 42.9, 73.4, 145, 1342],
  ["llama-3.1-70b-h200-tp8-fp8", 5.6, 8.3, 11.6, 15.4, 23.5, 35, 264],
  ["llama-3.1-70b-h200-tp4-bf16", 1.07, 14.2, 18.5, 23.7, 35.8, 66, 539],
  ["llama-3.1-70b-a100-tp8-bf16", 1.36, 16.4, 21.9, 29.3, 46.4, 103, 864],
  ["qwen3-32b-h100-tp2-bf16", 0.31, 15.8, 21.5, 27.9, 42.1, 55, 489],
  ["qwen3-32b-h200-tp2-bf16", 0.69, 12.3, 17.1, 22.7, 35.6, 55, 489],
  ["llama-3.1-8b-h100-tp1-bf16", 0.44, 8.1, 13.4, 19.1, 31.2, 24, 214],
  ["llama-3.1-8b-a100-tp1-bf16", 0.44, 11.6, 19.9, 30, 52.1, 70, 670],
];

function within(actual: number, expected: number, share: number): void {
  assert.ok(Math.abs(actual / expected - 1) <= share, `${actual} is not within ${100 * share} % of ${expected}`);
}

for (const [name, kvMillions, ...times] of TABLE) {
  test(`${name} matches the table`, () => {
    const profile = loadProfile(name, { maxBatchedTokens: 8192 });
    const cost = stepCost(profile);
    const decode = [1, 64, 128, 256].map((n) =>
      cost.stepMs({ tokens: n, decodeSequences: n, decodeContext: n * 1024, prefillPairs: 0 }),
    );
    const prefill = [1024, 8192].map((uncached) =>
      cost.prefillMs({ cached: 0, uncached, decodeSequences: 0, decodeContext: 0 }),
    );
    [...decode, ...prefill].forEach((ms, i) => within(ms, times[i] ?? 0, 0.08));
    // The note took the H200 as 141e9 bytes and 3.5 GB for the engine; the profiles follow the driver and vLLM's block counts.
    const gpu = profile.gpu === GPUS.h200 ? { ...GPUS.h200, memoryBytes: 141e9 } : profile.gpu;
    within(memoryPlan({ ...profile, ...profile.limits, gpu }).kvTokens, kvMillions * 1e6, 0.06);
  });
}

test("block counts of real vLLM runs are met: Llama-70B bf16 on 4×H100 at 0.90", () => {
  within(loadProfile("llama-3.1-70b-h100-tp4-bf16").limits.kvBlocks, 30_251, 0.002);
  within(loadProfile("llama-3.1-70b-h100-tp4-bf16", { maxBatchedTokens: 2048 }).limits.kvBlocks, 30_425, 0.002);
});

test("measured TPOT of lightly loaded vLLM is met (concurrency 4, 1024 in and out)", () => {
  // The mean context of a decode is 1,024 + 512; prefill steps of the others add a little.
  for (const [tp, tpot] of [
    [2, 17.4],
    [4, 11.8],
    [8, 9.1],
  ] as const) {
    const cost = stepCost(loadProfile(`llama-3.1-70b-h100-tp${tp}-fp8`));
    within(cost.stepMs({ tokens: 4, decodeSequences: 4, decodeContext: 4 * 1536, prefillPairs: 0 }), tpot, 0.06);
  }
});

test("unloaded TTFT is prefill plus overhead", () => {
  const cost = stepCost(loadProfile("llama-3.1-70b-h100-tp4-fp8"));
  // Measured 81 ms at concurrency 4, burst included.
  const ttft =
    cost.prefillMs({ cached: 0, uncached: 1024, decodeSequences: 0, decodeContext: 0 }) + cost.overheadMs(1024);
  within(ttft, 72.6, 0.04);
});

test("a long prefill is cut to the token budget that decodes leave", () => {
  const cost = stepCost(loadProfile("llama-3.1-70b-h100-tp4-fp8", { maxBatchedTokens: 1024 }));
  const chunk = (tokens: number, done: number): number =>
    cost.stepMs({
      tokens: tokens + 24,
      decodeSequences: 24,
      decodeContext: 24_000,
      prefillPairs: tokens * (done + tokens / 2),
    });
  const whole = cost.prefillMs({ cached: 512, uncached: 1500, decodeSequences: 24, decodeContext: 24_000 });
  assert.ok(Math.abs(whole - chunk(1000, 512) - chunk(500, 1512)) < 1e-9);
});

test("the profiles have vLLM's limits and say where their numbers come from", () => {
  for (const name of profileNames()) {
    const profile = loadProfile(name);
    const small = name.includes("a100");
    assert.equal(profile.limits.maxSequences, small ? 256 : 1024);
    assert.equal(profile.limits.maxBatchedTokens, small ? 2048 : 8192);
    assert.equal(profile.evidence, /70b-h.00-tp\d-fp8$/.test(name) ? "measured" : "derived");
    assert.match(profile.provenance, /silicon_sample/);
    assert.ok(
      profile.maxModelLength >= 32_768 && profile.maxModelLength < profile.limits.kvBlocks * profile.limits.blockSize,
    );
  }
});

test("a name without precision means bf16, a mistyped one is an error with a suggestion", () => {
  assert.equal(loadProfile("Qwen3-32b-H100-tp2").name, "qwen3-32b-h100-tp2-bf16");
  assert.throws(() => loadProfile("lama-3.1-70b-h100-tp4-fp8"), {
    code: "SWG_PROFILE_UNKNOWN",
    details: {
      hint: "Did you mean llama-3.1-70b-h100-tp4-fp8?",
      value: "lama-3.1-70b-h100-tp4-fp8",
      expected: `one of ${profileNames().join(", ")}`,
    },
  });
  assert.throws(() => loadProfile(""), { code: "SWG_PROFILE_UNKNOWN" });
});

test("a model that does not fit is refused with the arithmetic", () => {
  assert.throws(
    () => loadProfile("llama-3.1-70b-h100-tp4-bf16", { gpuMemoryUtilization: 0.4 }),
    (error: Error & { details?: { where?: string } }) => {
      assert.match(error.details?.where ?? "", /80\.0 GiB × 0\.4 = 32\.0 GiB − 32\.9 GiB weights/);
      return true;
    },
  );
  assert.throws(() => loadProfile("llama-3.1-70b-h100-tp2-fp8", { maxModelLength: 10_000_000 }), {
    code: "SWG_MODEL_TOO_LARGE",
  });
});

test("beyond one KV head a GPU the KV cache is no longer split", () => {
  const demand = {
    ...loadProfile("llama-3.1-70b-h200-tp8-bf16"),
    blockSize: 16,
    maxBatchedTokens: 8192,
    model: MODELS["llama-3.1-70b"],
  };
  assert.equal(
    memoryPlan({ ...demand, tensorParallel: 16 }).kvBytesPerToken,
    memoryPlan({ ...demand, tensorParallel: 8 }).kvBytesPerToken,
  );
});
