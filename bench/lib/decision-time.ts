// Time of one routing decision: 64 workers, a 12,000-token prompt, hashes ready; index look-up and policy apart.
import { percentile, seededRandom } from "../../src/core/index.ts";
import { loadLedger } from "../../src/fleet/index.ts";
import { type KvIndex, memoryIndex } from "../../src/kvindex/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";
import { type Candidate, policies, type PolicyName } from "../../src/routing/index.ts";
import { type BlockHashes, hashBlocks } from "../../src/tokens/index.ts";

export interface DecisionReport {
  readonly workers: number;
  readonly tokens: number;
  readonly blocks: number;
  readonly decisions: number;
  readonly indexLookUp: TimeSpread;
  /** Look-up, candidates and choice, by policy. */
  readonly policies: Readonly<Record<string, TimeSpread>>;
  readonly policyAlone: Readonly<Record<string, TimeSpread>>;
}

export interface TimeSpread {
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface DecisionRounds {
  readonly warmUp: number;
  readonly rounds: number;
}

const WORKERS = 64;
const TOKENS = 12_000;
const BLOCK = 16;

interface World {
  readonly index: KvIndex;
  readonly hashes: BlockHashes;
  readonly ids: readonly string[];
  candidates(overlap: Int32Array): Candidate[];
}

export function measureDecisions(rounds: DecisionRounds): DecisionReport {
  const random = seededRandom("routing-decision");
  const world = makeWorld();
  const { index, hashes, ids } = world;
  const overlap = (): Int32Array => index.overlap(hashes, ids, 1);
  const request = { promptTokens: TOKENS, exactTokens: true, promptBlocks: hashes.count, session: undefined };
  const whole: Record<string, TimeSpread> = {};
  const alone: Record<string, TimeSpread> = {};
  for (const name of Object.keys(policies) as PolicyName[]) {
    const policy = policies[name]();
    whole[name] = measure(rounds, () => void policy.choose(request, world.candidates(overlap()), random));
    const ready = world.candidates(overlap());
    alone[name] = measure(rounds, () => void policy.choose(request, ready, random));
  }
  return {
    workers: WORKERS,
    tokens: TOKENS,
    blocks: hashes.count,
    decisions: rounds.rounds,
    indexLookUp: measure(rounds, () => void overlap()),
    policies: whole,
    policyAlone: alone,
  };
}

/** Every worker holds the first half at least, so that the walk is long, and carries a different load. */
function makeWorld(): World {
  const random = seededRandom("routing-decision world");
  const seed = { model: "m" };
  const index = memoryIndex({ maxBytes: 256e6, ttlSeconds: 3600, seedOf: () => seed });
  const ids = Array.from({ length: WORKERS }, (_, i) => `worker-${i}`);
  const ledgers = ids.map(() => loadLedger());
  const prompt = Int32Array.from({ length: TOKENS }, () => random.int(128_000));
  for (const [i, id] of ids.entries()) {
    const held = TOKENS / 2 + Math.floor((TOKENS / 2 / WORKERS) * i);
    index.predict(id, hashBlocks(prompt.subarray(0, held), BLOCK, seed), 0);
    for (let n = random.int(20); n > 0; n--) {
      const entry = ledgers[i]?.begin({ promptTokens: random.int(20_000), cachedTokens: random.int(4000) });
      if (random.next() < 0.8) entry?.firstToken(0);
    }
  }
  const cost = stepCost(loadProfile("llama-3.1-70b-h100-tp4-fp8"));
  const candidates = (overlap: Int32Array): Candidate[] =>
    ids.map((id, i) => ({
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
  return { index, hashes: hashBlocks(prompt, BLOCK, seed), ids, candidates };
}

function measure({ warmUp, rounds }: DecisionRounds, run: () => void): TimeSpread {
  for (let i = 0; i < warmUp; i++) run();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    run();
    times.push(1000 * (performance.now() - start));
  }
  times.sort((a, b) => a - b);
  const meanUs = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { meanUs, p50Us: percentile(times, 50), p99Us: percentile(times, 99) };
}
