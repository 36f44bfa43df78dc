// Recordings as evidence, and what-if by the simulator: real reuse from hashes, rows that differ as they must.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assess, type AssessInput, readRecording, simulatedWhatIf } from "../../src/assess/index.ts";
import { shapedTrace, type Trace } from "../../src/workload/index.ts";

const PROFILE = "llama-3.1-70b-h100-tp4-fp8";

/** Lines as a gateway records them; of each prompt the first `shared` of 8 blocks are those of its group. */
function recorded(
  requests: number,
  options: { everyMs: number; shared: number; ttftMs?: (i: number) => number },
): string {
  let next = 1000;
  return Array.from({ length: requests }, (_, i) => {
    const hash_ids = Array.from({ length: 8 }, (_one, block) => (block < options.shared ? block : next++));
    const row = {
      timestamp: 1.7e12 + i * options.everyMs,
      input_length: 130,
      output_length: 20,
      hash_ids,
      block_size: 16,
    };
    return JSON.stringify({ ...row, model: "m", ttft_ms: options.ttftMs?.(i) });
  }).join("\n");
}

function input(changes: Partial<AssessInput>): AssessInput {
  const slo = { ttftP99Ms: 500, itlP99Ms: undefined };
  return { observation: undefined, fields: undefined, slo, force: false, tenants: undefined, ...changes };
}

test("reuse comes from the hashes, TTFT from the order statistics, lengths and rate from the rows", async () => {
  const recording = readRecording("r", recorded(400, { everyMs: 1000, shared: 6, ttftMs: (i) => 100 + i }));
  assert.deepEqual([recording.trace.format, recording.trace.blockTokens], ["recording", 16]);
  const { evidence, answer } = await assess(input({ recording }));
  // All but the first request find 6 of the 8 whole blocks: 96 of 130 tokens.
  assert.ok(Math.abs((evidence.prefixReuse ?? 0) - (399 * 96) / (400 * 130)) < 1e-12);
  assert.equal(evidence.inputTokens, 130);
  assert.equal(evidence.outputTokens, 20);
  assert.ok((evidence.ttft?.low ?? 0) > 480 && (evidence.ttft?.high ?? 0) <= 499);
  assert.deepEqual(evidence.models, ["m"]);
  assert.equal(answer, "INSUFFICIENT_DATA", "under a day");
});

test("under a day or under 299 first tokens there is no answer, unless forced; with both there is one", async () => {
  const day = (requests: number) =>
    readRecording("r", recorded(requests, { everyMs: 90_000_000 / requests, shared: 0, ttftMs: () => 100 }));
  assert.equal((await assess(input({ recording: day(298) }))).answer, "INSUFFICIENT_DATA");
  assert.equal(
    (await assess(input({ recording: day(298), force: true }))).answer,
    "INSUFFICIENT_DATA",
    "no TTFT at all",
  );
  assert.equal((await assess(input({ recording: day(400) }))).answer, "STAY");
  const short = readRecording("r", recorded(400, { everyMs: 10, shared: 0, ttftMs: () => 100 }));
  assert.equal((await assess(input({ recording: short }))).answer, "INSUFFICIENT_DATA");
  assert.equal((await assess(input({ recording: short, force: true }))).answer, "STAY");
});

function heavy(): Trace {
  const arrivals = { kind: "poisson", ratePerSecond: 12 } as const;
  const lengths = { inputTokens: 6000, outputTokens: 100, spread: 0.3, jitter: 0 };
  return shapedTrace({ requests: 400, arrivals, ...lengths, sharedShare: 0.8, groups: 60, seed: "heavy" });
}

test("an overloaded server: a second node helps, more so by cache; figures are those of a replay, and repeat", async () => {
  const trace = heavy();
  const recording = { file: "r", trace, ttftMs: [], models: ["m"] };
  const whatIf = simulatedWhatIf({ profile: PROFILE, trace, seed: "1", gpuPrice: 2 });
  const run = async () => (await assess(input({ recording, whatIf, force: true }))).whatIf;
  const found = await run();
  assert.ok(found.ran);
  assert.deepEqual(
    found.rows.map(({ setUp, gpus }) => [setUp, gpus]),
    [
      ["stay", 4],
      ["+1 node round robin", 8],
      ["+1 node kv_aware", 8],
      ["disaggregated", 8],
    ],
  );
  const [stay, blind, aware] = found.rows;
  assert.ok(stay && blind && aware);
  assert.ok(stay.goodput < blind.goodput && stay.ttftP99Ms > blind.ttftP99Ms);
  assert.ok((aware.cachedShare ?? 0) > (blind.cachedShare ?? 0));
  for (const row of found.rows) assert.equal(row.costPerMillionTokens, 2 * (row.gpuHoursPerMillionTokens ?? 0));
  assert.deepEqual(await run(), found);
});

test("flags that would help are a row of their own; without lengths nothing is made up", async () => {
  const fields = { fields: { ttft_p99_ms: 900, gpu_utilization_avg: 0.9 }, windowHours: 48, ttftSamples: 5000 };
  const whatIf = simulatedWhatIf({ profile: PROFILE, trace: undefined, seed: "1", gpuPrice: undefined });
  const blind = await assess(input({ fields, whatIf }));
  assert.ok(!blind.whatIf.ran);
  assert.match(blind.whatIf.why, /no source tells/);
  const evidence = { ...blind.evidence, prefixCaching: false, requestRate: 4, inputTokens: 2000, outputTokens: 50 };
  const rows = await whatIf({ ...evidence, prefixReuse: 0.8 }, { ttftP99Ms: 500, itlP99Ms: undefined });
  assert.ok(rows.ran);
  const share = (name: string) => rows.rows.find(({ setUp }) => setUp === name)?.cachedShare ?? Number.NaN;
  assert.equal(share("stay"), 0, "its prefix cache is off");
  assert.ok(share("tuned flags") > 0.3);
});
