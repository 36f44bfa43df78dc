// The engine's /metrics page through our reader: every figure is there and counts what was asked.
import assert from "node:assert/strict";
import { exchange } from "../http.ts";
import { completion, COMPLETIONS } from "../probes/requests.ts";
import { BLOCK_SIZE, type Case, MODEL, type Target } from "../target.ts";
import { workerMetrics } from "../worker-metrics.ts";
import { freshIds } from "./prefix-cache.ts";

function metrics(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "metrics", name, run };
}

export const metricsCases: readonly Case[] = [
  metrics("every field is read, no line is malformed", async (target) => {
    await exchange(target.url, { path: COMPLETIONS, body: completion({ max_tokens: 2 }) });
    const read = await workerMetrics(target);
    const missing = Object.entries(read).filter(([, value]) => value === undefined);
    assert.deepEqual(missing, []);
    assert.equal(read.malformed, 0);
    assert.deepEqual(read.models, [MODEL]);
    assert.deepEqual(read.engines, ["0"]);
    assert.equal(read.cacheConfig.blockSize, BLOCK_SIZE);
    assert.equal(read.cacheConfig.numGpuBlocks, 256);
    assert.equal(read.cacheConfig.prefixCaching, true);
  }),
  metrics("tokens, hits and successes are counted", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE + 6);
    const ask = { path: COMPLETIONS, body: completion({ prompt, max_tokens: 3 }) };
    await exchange(target.url, ask);
    const before = await workerMetrics(target);
    await exchange(target.url, ask);
    const after = await workerMetrics(target);
    const grown = (field: "promptTokens" | "generationTokens" | "prefixQueries" | "prefixHits"): number =>
      (after[field] ?? 0) - (before[field] ?? 0);
    assert.equal(grown("promptTokens"), 2 * BLOCK_SIZE + 6);
    assert.equal(grown("generationTokens"), 3);
    assert.equal(grown("prefixQueries"), 2 * BLOCK_SIZE + 6);
    assert.equal(grown("prefixHits"), 2 * BLOCK_SIZE);
    assert.equal((after.requestSuccess["length"] ?? 0) - (before.requestSuccess["length"] ?? 0), 1);
    for (const name of ["ttft", "e2e", "queue"] as const)
      assert.equal((after[name]?.count ?? 0) - (before[name]?.count ?? 0), 1, name);
    assert.equal((after.itl?.count ?? 0) - (before.itl?.count ?? 0), 2);
    const bySource = (source: string): number =>
      (after.promptTokensBySource[source] ?? 0) - (before.promptTokensBySource[source] ?? 0);
    assert.equal(bySource("local_cache_hit"), 2 * BLOCK_SIZE);
    assert.equal(bySource("local_compute"), 6);
  }),
];
