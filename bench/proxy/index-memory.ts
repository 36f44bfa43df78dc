// Memory of the index while prompts come that were never seen before: it has to stay where its cap is. Arguments: prompts.
import { seededRandom } from "../../src/core/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";

export interface IndexMemory {
  readonly prompts: number;
  readonly tokensPerPrompt: number;
  readonly maxBytes: number;
  readonly points: readonly IndexPoint[];
}

export interface IndexPoint {
  readonly prompts: number;
  readonly indexMb: number;
  readonly residentMb: number;
  readonly blocks: number;
  readonly evictions: number;
}

const TOKENS = 512;
const BLOCK = 16;
const WORKERS = 8;
const MAX_BYTES = 256 << 20;
const POINTS = 10;
/** A thousand prompts a second of the index' own time: entries also expire, as they do in service. */
const MS_PER_PROMPT = 1;

const total = Number(process.argv[2] ?? 1_000_000);
const random = seededRandom("index memory");
const seed = { model: "m" };
const index = memoryIndex({ maxBytes: MAX_BYTES, ttlSeconds: 3600, seedOf: () => seed });
const prompt = new Int32Array(TOKENS);
const points: IndexPoint[] = [];

for (let n = 1; n <= total; n++) {
  for (let i = 0; i < TOKENS; i++) prompt[i] = random.int(128_000);
  index.predict(`worker-${n % WORKERS}`, hashBlocks(prompt, BLOCK, seed), n * MS_PER_PROMPT);
  if (n % 1000 === 0) index.sweep(n * MS_PER_PROMPT);
  if (n % Math.ceil(total / POINTS) === 0) points.push(point(n));
}
process.send?.({ prompts: total, tokensPerPrompt: TOKENS, maxBytes: MAX_BYTES, points } satisfies IndexMemory);
process.disconnect?.();

function point(prompts: number): IndexPoint {
  const { bytes, blocks, evictions } = index.stats();
  return { prompts, indexMb: bytes / 2 ** 20, residentMb: process.memoryUsage.rss() / 2 ** 20, blocks, evictions };
}
