// Time of one routing decision: 64 workers, a 12,000-token prompt, hashes ready; index look-up and policy apart.
import { percentile, seededRandom } from "../src/core/index.ts";
import { loadLedger } from "../src/fleet/index.ts";
import { memoryIndex } from "../src/kvindex/index.ts";
import { loadProfile, stepCost } from "../src/model/index.ts";
import { type Candidate, policies, type PolicyName } from "../src/routing/index.ts";
import { hashBlocks } from "../src/tokens/index.ts";

const WORKERS = 64;
const TOKENS = 12_000;
const BLOCK = 16;
const WARM_UP = 2000;
const ROUNDS = 5000;

const random = seededRandom("routing-decision");
const seed = { model: "m" };
const index = memoryIndex({ maxBytes: 256e6, ttlSeconds: 3600, seedOf: () => seed });
const ids = Array.from({ length: WORKERS }, (_, i) => `worker-${i}`);
const cost = stepCost(loadProfile("llama-3.1-70b-h100-tp4-fp8"));
const ledgers = ids.map(() => loadLedger());
const prompt = Int32Array.from({ length: TOKENS }, () => random.int(128_000));
const hashes = hashBlocks(prompt, BLOCK, seed);

// Every worker holds the first half at least, so that the walk is long, and carries a different load.
for (const [i, id] of ids.entries()) {
  const held = TOKENS / 2 + Math.floor((TOKENS / 2 / WORKERS) * i);
  index.predict(id, hashBlocks(prompt.subarray(0, held), BLOCK, seed), 0);
  for (let n = random.int(20); n > 0; n--) {
    const entry = ledgers[i]?.begin({ promptTokens: random.int(20_000), cachedTokens: random.int(4000) });
    if (random.next() < 0.8) entry?.firstToken();
  }
}

const request = { promptTokens: TOKENS, exactTokens: true, promptBlocks: hashes.count, session: undefined };

function candidatesOf(overlap: Int32Array): Candidate[] {
  return ids.map((id, i) => ({
    id,
    load: ledgers[i]?.load ?? loadLedger().load,
    overlapBlocks: overlap[i] ?? 0,
    blockSize: BLOCK,
    kvBlocks: 40_000,
    maxSequences: 256,
    heldBlocks: index.heldBlocks(id),
    cost,
    slowdown: 1,
  }));
}

function measure(run: () => void): string {
  for (let i = 0; i < WARM_UP; i++) run();
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    run();
    times.push(1000 * (performance.now() - start));
  }
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return `mean ${mean.toFixed(1)} µs, p50 ${percentile(times, 50).toFixed(1)} µs, p99 ${percentile(times, 99).toFixed(1)} µs`;
}

process.stdout.write(`${WORKERS} workers, ${hashes.count} blocks, ${ROUNDS} decisions\n`);
process.stdout.write(`index overlap:  ${measure(() => void index.overlap(hashes, ids, 1))}\n`);
for (const name of Object.keys(policies) as PolicyName[]) {
  const policy = policies[name]();
  const whole = measure(() => void policy.choose(request, candidatesOf(index.overlap(hashes, ids, 1)), random));
  const alone = candidatesOf(index.overlap(hashes, ids, 1));
  process.stdout.write(
    `${name}: ${whole}; policy alone: ${measure(() => void policy.choose(request, alone, random))}\n`,
  );
}
