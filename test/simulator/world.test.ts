// Prefill/decode pairs, failures and start-ups: nothing is lost or doubled, the same seed gives the same run, times add up.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { kvBytesPerToken, KV_LINKS, loadProfile, stepCost, transferMs } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import {
  closedLoop,
  DEFAULT_WORLD,
  openLoop,
  type PlannedSimulation,
  simulate,
  type SimulationOptions,
  simulationResult,
  type SimulationRun,
  type World,
} from "../../src/simulator/index.ts";

const PROFILE = loadProfile("llama-3.1-70b-h100-tp4-fp8");

function planned(count: number, { gapMs = 200, tokens = 2000, output = 40 } = {}): PlannedSimulation[] {
  return Array.from({ length: count }, (_, i) => ({
    atMs: i * gapMs,
    content: { tokens, unitBlocks: 1_000_000, units: Int32Array.of(i) },
    outputTokens: output,
    session: undefined,
  }));
}

function run(world: Partial<World>, list: readonly PlannedSimulation[], more: Partial<SimulationOptions> = {}) {
  const all = { ...DEFAULT_WORLD, ...world };
  const workers = Math.max(4, all.roles.length);
  return simulate({
    profiles: Array.from({ length: workers }, () => PROFILE),
    policy: policyOf("kv_aware"),
    arrivals: openLoop(list),
    seed: "s",
    world: all,
    ...more,
  });
}

const PAIRS = ["prefill", "decode", "decode", "decode"] as const;

/** Every request ended once, well or not; nobody's books keep anything; no block is in use. */
function assertConserved({ requests, workers }: SimulationRun, planned: number): void {
  assert.equal(requests.length, planned);
  for (const one of requests) assert.notEqual(one.lastTokenAt === undefined, one.failure === undefined, one.id);
  for (const { worker, core, isUp } of workers) {
    if (isUp) core.schedule(Number.MAX_VALUE);
    assert.deepEqual([core.stats().running, core.stats().waiting, core.stats().kvUsage], [0, 0, 0], worker.id);
  }
  for (const one of workers) one.account(Number.MAX_VALUE);
  for (const { worker } of workers) {
    const { answerAges = [], answers = [], otherAges: _none, tokensPerCount: _one, ...rest } = worker.ledger.load;
    const figures = [...Object.values(rest), ...Array.from(answerAges), answers.length];
    assert.deepEqual(
      figures.filter((value) => Math.round(value) !== 0),
      [],
      worker.id,
    );
  }
}

test("a split request on an idle fleet takes both legs' times and the transfer", () => {
  const list = planned(1);
  const result = run({ roles: PAIRS, pairRule: "always" }, list);
  const [request] = result.requests;
  assert.ok(request);
  const cost = stepCost(PROFILE);
  const prefill = cost.prefillMs({ cached: 0, uncached: 2000, decodeSequences: 0, decodeContext: 0 });
  const transfer = transferMs(KV_LINKS.ndr400, 2000 * kvBytesPerToken(PROFILE.model, PROFILE.kv));
  const first = cost.stepMs({ tokens: 1, decodeSequences: 0, decodeContext: 0, prefillPairs: 1999.5 });
  const expected = prefill + transfer + first + 2 * cost.overheadMs(2000);
  assert.ok(Math.abs((request.firstTokenAt ?? 0) - expected) < 0.01, `${request.firstTokenAt} ${expected}`);
  assert.ok(Math.abs((request.transferMs ?? 0) - transfer) < 1e-6);
  assertConserved(result, 1);
});

test("prompts for one worker share its end of the link", () => {
  const slow = { bytesPerSecond: 1e9, latencyMs: 1 };
  const result = run({ roles: PAIRS, pairRule: "always", link: slow }, planned(6, { gapMs: 1 }));
  const alone = transferMs(slow, 2000 * kvBytesPerToken(PROFILE.model, PROFILE.kv));
  const waits = result.requests.map(({ transferMs: ms = 0 }) => ms / alone);
  assert.ok(Math.max(...waits) > 1.5, waits.join(" "));
  assert.ok(Math.min(...waits) > 0.999);
  assertConserved(result, 6);
});

test("what the decode worker holds of a prompt is not moved again", () => {
  const [first] = planned(1);
  assert.ok(first);
  const list = [first, { ...first, atMs: 60_000 }];
  const world = { roles: ["prefill", "decode"] as const, pairRule: "always" };
  const profiles = [PROFILE, PROFILE];
  const { requests } = run(world, list, { profiles });
  const [one, two] = requests.map(({ transferMs: ms }) => ms ?? 0);
  assert.ok(one !== undefined && two !== undefined && two < one / 5, `${one} ${two}`);
  assert.equal(requests[1]?.cachedTokens, 1984);
});

test("when the prefill pool dies the others serve whole; with fallback fail nobody does", () => {
  const failures = [{ worker: 0, atMs: 1000 }];
  const served = run({ roles: PAIRS, pairRule: "always", failures }, planned(30));
  assertConserved(served, 30);
  assert.deepEqual(
    served.requests.filter(({ failure }) => failure !== undefined),
    [],
  );
  assert.ok(served.requests.slice(-10).every(({ leg }) => leg === undefined));
  const refused = run({ roles: PAIRS, pairRule: "always", failures, fallback: "fail" }, planned(30));
  assertConserved(refused, 30);
  assert.equal(refused.requests.at(-1)?.failure, "no_prefill");
});

test("a worker that dies: what had no token yet is retried elsewhere, the rest fails, and it comes back empty", () => {
  const list = planned(120, { gapMs: 100, output: 120 });
  // The worker that has just been sent a prompt, whatever the policy.
  const victim = run({}, list).requests[33]?.worker ?? 0;
  const failures = [{ worker: victim, atMs: 3305, downMs: 2000 }];
  const result = run({ failures, startUpMs: 5000, startUpSigma: 0 }, list);
  assertConserved(result, 120);
  const failed = result.requests.filter(({ failure }) => failure !== undefined);
  assert.ok(failed.length > 0);
  assert.deepEqual([...new Set(failed.map(({ failure }) => failure))], ["broken, not retried: committed"]);
  assert.ok(failed.every(({ firstTokenAt = 0 }) => firstTokenAt > 0 && firstTokenAt <= 3305));
  assert.ok(result.requests.some(({ retries }) => retries === 1));
  // Down 2 s, 5 s of start-up, seen 1 s later.
  const later = result.requests.filter(({ worker }) => worker === victim).map(({ sentAt }) => sentAt);
  assert.ok(later.some((at) => at >= 11_000));
  assert.ok(!later.some((at) => at > 3305 && at < 11_000));
});

test("bug: what failed waited for ever in the plots, and a worker that died was busy for more than all of the time", () => {
  const list = planned(20, { gapMs: 1000, output: 4000 });
  const [first] = list;
  assert.ok(first);
  const result = run(
    { failures: [{ worker: 0, atMs: 15_000 }], retries: 0 },
    [{ ...first, outputTokens: 2 }, ...list],
    {
      profiles: [PROFILE],
    },
  );
  const { series, workers, summary, ttftRatio, ttftCdf, world } = simulationResult(result, {
    policy: "p",
    seed: "s",
    slo: {},
    profiles: [PROFILE.name],
    hasWorld: true,
  });
  assert.deepEqual([summary.ok, summary.failed], [1, 20]);
  // Those that had begun fail when it dies, the others when they have waited 30 s or cannot be sent.
  assert.ok((world?.failed["broken, not retried: committed"] ?? 0) > 5, JSON.stringify(world?.failed));
  assert.ok((workers[0]?.busy ?? 2) < 1 && (workers[0]?.busy ?? 0) > 0.2, String(workers[0]?.busy));
  assert.ok((series.queue.at(-1) ?? 9) < 2, String(series.queue.at(-1)));
  assert.ok((series.workers[0]?.load[20] ?? 0) > 3, "those that it lost were on it");
  assert.deepEqual([ttftRatio.count, ttftCdf.at(0)?.[0]], [1, summary.ttftMs.p50], "what fails has no latency");
});

test("while no worker is there requests wait, and those that wait too long fail", () => {
  const failures = [0, 1, 2, 3].map((worker) => ({ worker, atMs: 1000, downMs: 0 }));
  const short = run({ failures, startUpMs: 10_000, startUpSigma: 0 }, planned(20));
  assertConserved(short, 20);
  assert.ok(short.requests.slice(6).every(({ failure }) => failure === undefined));
  const long = run({ failures, startUpMs: 60_000, startUpSigma: 0 }, planned(20));
  assertConserved(long, 20);
  assert.equal(long.requests.at(-1)?.failure, "no worker");
});

test("start-up times have the median and the spread that they are given", () => {
  const world = { roles: [], coldWorkers: 400, startUpMs: 10_000, startUpSigma: 0.5, queueTimeoutMs: 100_000 };
  const profiles = Array.from({ length: 400 }, () => PROFILE);
  const { requests } = run(world, planned(400, { gapMs: 1, output: 1 }), { profiles });
  assert.ok(requests.every(({ failure }) => failure === undefined));
  // The first of 400 is about three σ before the median, and the gateway sees it 1 s later.
  const first = Math.min(...requests.map(({ firstTokenAt = 0 }) => firstTokenAt));
  assert.ok(first > 10_000 * Math.exp(-2) && first < 10_000 * Math.exp(-0.8) + 1500, String(first));
});

const anyWorld = fc.record({
  prefill: fc.nat(2),
  decode: fc.nat(2),
  both: fc.nat(2),
  pairRule: fc.constantFrom("predicted", "always", "never", "llmd:16", "dynamo"),
  fallback: fc.constantFrom("colocated" as const, "fail" as const),
  loadFailure: fc.constantFrom("recompute" as const, "fail" as const),
  mtbfMs: fc.constantFrom(undefined, 3000, 20_000),
  leaseMs: fc.constantFrom(10, 30_000),
  concurrency: fc.constantFrom(undefined, 8),
  stalenessMs: fc.constantFrom(0, 50),
  seed: fc.nat(1000).map(String),
});

test("in every world each request ends once, the books are even, and the same seed gives the same run", () => {
  fc.assert(
    fc.property(anyWorld, ({ prefill, decode, both, concurrency, stalenessMs, seed, ...world }) => {
      const roles = [
        ...Array.from({ length: prefill }, () => "prefill" as const),
        ...Array.from({ length: decode }, () => "decode" as const),
        ...Array.from({ length: both + 1 }, () => "both" as const),
      ];
      const kinds = [PROFILE, loadProfile("llama-3.1-70b-h200-tp8-fp8", { maxSequences: 4 })];
      const profiles = roles.map((_, i) => kinds[i % 2] ?? PROFILE);
      const list = planned(60, { gapMs: 60, tokens: 1500, output: 30 });
      const all = { ...world, roles, startUpMs: 1500, repairMs: 500, detectMs: 200 };
      const once = (): SimulationRun =>
        run(all, list, {
          profiles,
          seed,
          noise: 0.1,
          stalenessMs,
          arrivals:
            concurrency === undefined
              ? openLoop(list)
              : closedLoop(list, { concurrency, staggerMs: 100, random: seededRandom(seed) }),
        });
      const first = once();
      const context = { policy: "p", seed, slo: {}, profiles: [], hasWorld: true };
      const text = JSON.stringify(simulationResult(first, context));
      assert.equal(JSON.stringify(simulationResult(once(), context)), text);
      assertConserved(first, 60);
    }),
    { numRuns: 60 },
  );
});
