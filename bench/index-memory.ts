// Memory of the index under a million distinct prompts: it must stop growing at its cap.
import { seededRandom } from "../src/core/index.ts";
import { memoryIndex } from "../src/kvindex/index.ts";
import { hashBlocks } from "../src/tokens/index.ts";

const PROMPTS = 1_000_000;
const BLOCKS = 16;
const BLOCK = 16;
const WORKERS = 8;
const MAX_BYTES = 64e6;

const random = seededRandom("index-memory");
const seed = { model: "m" };
const index = memoryIndex({ maxBytes: MAX_BYTES, ttlSeconds: 3600, seedOf: () => seed });
const ids = new Int32Array(BLOCKS * BLOCK);
const words = new Int32Array(2 * BLOCKS);
const started = performance.now();

for (let i = 1; i <= PROMPTS; i++) {
  for (let at = 0; at < ids.length; at++) ids[at] = random.int(128_000);
  index.predict(`worker-${i % WORKERS}`, hashBlocks(ids, BLOCK, seed, words), i);
  if (i % (PROMPTS / 10) === 0) report(i);
}

function report(prompts: number): void {
  const { bytes, blocks, evictions } = index.stats();
  const { rss, heapUsed } = process.memoryUsage();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${prompts} prompts, ${seconds} s: index ${mb(bytes)} of ${mb(MAX_BYTES)} MB, ${blocks} blocks, ${evictions} evictions, heap ${mb(heapUsed)} MB, RSS ${mb(rss)} MB\n`,
  );
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
