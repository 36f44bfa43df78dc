// Memory of the index under a million distinct prompts: it must stop growing at its cap. Prints it, or sends it to its parent. Arguments: prompts.
import { seededRandom } from "../src/core/index.ts";
import { memoryIndex } from "../src/kvindex/index.ts";
import { hashBlocks } from "../src/tokens/index.ts";
import type { IndexMemory, IndexPoint } from "./lib/index-memory.ts";
import { indexTable } from "./lib/index-table.ts";

const PROMPTS = Number(process.argv[2] ?? 1_000_000);
const BLOCKS = 16;
const BLOCK = 16;
const WORKERS = 8;
const MAX_BYTES = 64e6;

const random = seededRandom("index-memory");
const seed = { model: "m" };
const index = memoryIndex({ maxBytes: MAX_BYTES, ttlSeconds: 3600, seedOf: () => seed });
const ids = new Int32Array(BLOCKS * BLOCK);
const words = new Int32Array(2 * BLOCKS);
const points: IndexPoint[] = [];

for (let i = 1; i <= PROMPTS; i++) {
  for (let at = 0; at < ids.length; at++) ids[at] = random.int(128_000);
  index.predict(`worker-${i % WORKERS}`, hashBlocks(ids, BLOCK, seed, words), i);
  if (i % Math.ceil(PROMPTS / 10) === 0) points.push(point(i));
}

const memory: IndexMemory = { prompts: PROMPTS, tokensPerPrompt: BLOCKS * BLOCK, maxBytes: MAX_BYTES, points };
if (process.send === undefined) process.stdout.write(`${indexTable(memory)}\n`);
else process.send(memory, () => process.disconnect?.());

function point(prompts: number): IndexPoint {
  const { bytes, blocks, evictions } = index.stats();
  const { rss, heapUsed } = process.memoryUsage();
  return { prompts, blocks, evictions, indexMb: mb(bytes), heapMb: mb(heapUsed), residentMb: mb(rss) };
}

function mb(bytes: number): number {
  return bytes / 1e6;
}
