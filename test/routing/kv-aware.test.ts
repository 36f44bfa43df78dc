// kv_aware: what it prefers, how it spreads, and that more cache never repels and more load never attracts.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { loadLedger, type RunningAnswer, type WorkerLoad } from "../../src/fleet/index.ts";
import { type Candidate, DEFAULT_COST, kvAware, routeCost } from "../../src/routing/index.ts";
import { leastCost, leastHarm, leastWork } from "../../src/routing/cost.ts";
import { BLOCK, candidate, COST, request, several, tally } from "./candidates.ts";

const random = () => seededRandom(1);

test("the worker that holds the prefix wins while it is not busy", () => {
  const warm = candidate("warm", { overlapBlocks: 500 });
  const { chosen, scores, reason } = kvAware().choose(request(8192), [candidate("a"), warm, candidate("b")], random());
  assert.equal(chosen.id, "warm");
  assert.equal(reason, "lowest cost");
  assert.deepEqual(scores.map(({ worker }) => worker)[0], "warm");
  assert.equal(scores[0]?.cachedTokens, 8000);
  assert.equal(scores.length, 3);
  assert.ok((scores[0]?.ttftMs ?? 0) < (scores[1]?.ttftMs ?? 0));
});

test("the predicted TTFT of an idle worker is the step model's own", () => {
  const { scores } = kvAware().choose(request(4096), [candidate("a")], random());
  const exact =
    COST.overheadMs(4096) + COST.prefillMs({ cached: 0, uncached: 4096, decodeSequences: 0, decodeContext: 0 });
  assert.ok(Math.abs((scores[0]?.ttftMs ?? 0) - exact) < 0.01 * exact);
});

test("a hot prefix spills over when its queue costs more than recomputing it", () => {
  const ledgers = new Map(several(4).map(({ id }) => [id, loadLedger()]));
  const policy = kvAware();
  const draw = random();
  const counts = tally(() => {
    const candidates = several(4).map((one) => ({
      ...one,
      load: ledgers.get(one.id)?.load ?? one.load,
      overlapBlocks: one.id === "w00" ? 250 : 0,
    }));
    const { chosen, scores } = policy.choose(request(5000), candidates, draw);
    ledgers.get(chosen.id)?.begin({ promptTokens: 5000, cachedTokens: scores[0]?.cachedTokens ?? 0 });
    return chosen.id;
  }, 100);
  // 1,000 uncached tokens cost about a fifth of 5,000: the warm worker gets five shares of eight, not all.
  assert.ok((counts.get("w00") ?? 0) > 45 && (counts.get("w00") ?? 0) < 80, `${counts.get("w00")} of 100`);
  for (const id of ["w01", "w02", "w03"]) assert.ok((counts.get(id) ?? 0) >= 5, id);
});

test("a herd between load updates spreads, because its own decisions count at once", () => {
  const ledgers = several(8).map(() => loadLedger());
  const policy = kvAware();
  const draw = random();
  const counts = tally(() => {
    const candidates = several(8).map((one, i) => ({ ...one, load: ledgers[i]?.load ?? one.load }));
    const { chosen } = policy.choose(request(2000), candidates, draw);
    ledgers[candidates.indexOf(chosen)]?.begin({ promptTokens: 2000, cachedTokens: 0 });
    return chosen.id;
  }, 80);
  for (const { id } of several(8)) assert.ok(Math.abs((counts.get(id) ?? 0) - 10) <= 2, `${id}: ${counts.get(id)}`);
});

test("a cold worker that joins is not flooded", () => {
  const ledgers = several(4).map(() => loadLedger());
  for (const ledger of ledgers.slice(0, 3)) {
    for (let i = 0; i < 20; i++) ledger.begin({ promptTokens: 4000, cachedTokens: 3600 }).firstToken(0);
  }
  const policy = kvAware();
  const draw = random();
  const counts = tally(() => {
    const candidates = several(4).map((one, i) => ({
      ...one,
      load: ledgers[i]?.load ?? one.load,
      overlapBlocks: i < 3 ? 225 : 0,
    }));
    const { chosen, scores } = policy.choose(request(4000), candidates, draw);
    ledgers[candidates.indexOf(chosen)]?.begin({ promptTokens: 4000, cachedTokens: scores[0]?.cachedTokens ?? 0 });
    return chosen.id;
  }, 60);
  assert.ok((counts.get("w03") ?? 0) <= 15, `${counts.get("w03")} of 60`);
});

test("equal candidates get equal shares, in whatever order they stand", () => {
  const policy = kvAware();
  const draw = random();
  const counts = tally(() => policy.choose(request(1000), several(4), draw).chosen.id, 2000);
  for (const [id, count] of counts) assert.ok(Math.abs(count - 500) < 90, `${id}: ${count}`);
});

test("a worker that is slower than its model is believed slower", () => {
  const { chosen } = kvAware().choose(request(4000), [candidate("a", { slowdown: 2 }), candidate("b")], random());
  assert.equal(chosen.id, "b");
});

test("short of sequence slots or KV blocks means a wait", () => {
  const busy = { decodeRequests: 64, contextTokens: 64 * 4000 };
  const cost = (change: Partial<Candidate>) =>
    routeCost(request(1000), candidate("a", change, busy), DEFAULT_COST).ttftMs;
  assert.ok(cost({ maxSequences: 64 }) > cost({ maxSequences: 65 }));
  assert.ok(cost({ kvBlocks: 16_000 }) > cost({ kvBlocks: 17_000 }));
  assert.equal(
    cost({ kvBlocks: 16_000, kvUsage: 0.5 }),
    cost({ kvBlocks: 17_000 }),
    "prefixes are shared: the scrape says so",
  );
});

test("a full cache makes a cold prompt dearer than an empty one", () => {
  const full = candidate("full", { heldBlocks: 20_000 });
  const empty = candidate("empty", { heldBlocks: 5000 });
  assert.equal(kvAware().choose(request(4000), [full, empty], random()).chosen.id, "empty");
});

test("the decode slow-down counts more and more until it is near the TPOT limit", () => {
  const harm = (sequences: number) => {
    const load = { decodeRequests: sequences, contextTokens: sequences * 2000 };
    return routeCost(request(1000), candidate("a", {}, load), { ...DEFAULT_COST, workWeight: 1 }).harmMs;
  };
  assert.equal(harm(0), 0);
  assert.ok(harm(100) > 2 * harm(50));
});

test("a prefill costs more where answers have just begun or are about to, in proportion to their number", () => {
  const missesOnly = { ...DEFAULT_COST, workWeight: 1, expectedOutputTokens: 1, tpotSloMs: 1e6 };
  const harm = (promptTokens: number, load: Partial<WorkerLoad>) =>
    routeCost(request(promptTokens), candidate("a", {}, load), missesOnly).harmMs;
  const waiting = (prefillRequests: number) => harm(4000, { prefillRequests });
  assert.ok(Math.abs((waiting(8) - waiting(0)) / (waiting(4) - waiting(0)) - 2) < 0.05);
  const begun = { decodeRequests: 4, contextTokens: 2000 };
  const old = (age: number) => {
    const answerAges = Array.from({ length: 12 }, (_, i) => (i === age ? 4 : 0));
    return routeCost(request(20_000), candidate("a", {}, { ...begun, answerAges }), DEFAULT_COST).harmMs;
  };
  assert.ok(old(0) > old(3) && old(3) > old(11), "an answer of many tokens has time in hand");
  assert.equal(old(11), routeCost(request(20_000), candidate("a", {}, begun), DEFAULT_COST).harmMs);
});

test("a prefill costs where answers run that it would make miss, not where they have time in hand or have missed already", () => {
  const load = (answer: RunningAnswer, prefillTokens = 0): Partial<WorkerLoad> => ({
    decodeRequests: 4,
    contextTokens: 2000,
    prefillTokens,
    answers: Array.from({ length: 4 }, () => answer),
  });
  const harm = (running: Partial<WorkerLoad>) =>
    routeCost({ ...request(20_000), nowMs: 60_000 }, candidate("a", {}, running), DEFAULT_COST).harmMs;
  const inHand = harm(load({ startedAt: 30_000, tokenCount: 900 }));
  const justBegun = harm(load({ startedAt: 60_000, tokenCount: 1 }));
  const missed = harm(load({ startedAt: 0, tokenCount: 10 }));
  assert.ok(justBegun > 2 * missed && missed > inHand, `${justBegun}, ${missed}, ${inHand}`);
  assert.equal(inHand, harm({ decodeRequests: 4, contextTokens: 2000 }), "no answer is known to be harmed");
  const inFours = harm({ ...load({ startedAt: 30_000, tokenCount: 225 }), tokensPerCount: 4 });
  assert.equal(inFours, inHand, "events that bring four tokens each");
  const waitsAnyway = harm(load({ startedAt: 60_000, tokenCount: 1 }, 200_000));
  assert.ok(waitsAnyway < justBegun, "a stall that is on its way already makes them miss without us");
});

test("answers that other gateways run count by their length, ours by what they have in hand", () => {
  const late: RunningAnswer = { startedAt: 0, tokenCount: 1 };
  const harm = (nowMs: number | undefined, running: Partial<WorkerLoad>) =>
    routeCost({ ...request(20_000), nowMs }, candidate("a", {}, { ...running, contextTokens: 2000 }), DEFAULT_COST)
      .harmMs;
  const one = { decodeRequests: 1, answerAges: [1] };
  assert.ok(harm(1000, { ...one, answers: [], otherAges: [1] }) > harm(1000, { ...one, answers: [] }));
  assert.equal(
    harm(undefined, { ...one, answers: [late] }),
    harm(undefined, one),
    "who does not tell the time is told by length only",
  );
});

const anyCandidate = fc
  .record({
    overlapBlocks: fc.nat(300),
    prefills: fc.array(fc.record({ promptTokens: fc.integer({ min: 1, max: 30_000 }), cachedTokens: fc.nat(8000) }), {
      maxLength: 6,
    }),
    decodeRequests: fc.nat(200),
    mean: fc.integer({ min: 1, max: 5000 }),
    foreignRequests: fc.nat(20),
    heldBlocks: fc.nat(20_000),
    maxSequences: fc.option(fc.integer({ min: 1, max: 256 }), { nil: undefined }),
    kvBlocks: fc.option(fc.integer({ min: 100, max: 20_000 }), { nil: undefined }),
    slowdown: fc.double({ min: 0.5, max: 2, noNaN: true }),
    promisedItlMs: fc.option(fc.integer({ min: 5, max: 400 }), { nil: undefined }),
  })
  .map(({ prefills, decodeRequests, mean, foreignRequests, ...rest }) => {
    const ledger = loadLedger();
    for (const one of prefills) ledger.begin(one);
    const contextTokens = ledger.load.contextTokens + decodeRequests * mean;
    return candidate("w", rest, { ...ledger.load, decodeRequests, contextTokens, foreignRequests });
  });

const total = (one: Candidate, tokens: number) => routeCost(request(tokens), one, DEFAULT_COST).totalMs;
const tokens = fc.integer({ min: 1, max: 20_000 });
/** Rounding only. */
const AT_MOST = 1 + 1e-9;

test("more overlap never makes a worker less attractive", () => {
  fc.assert(
    fc.property(anyCandidate, tokens, fc.nat(500), (one, length, more) => {
      const warmer = { ...one, overlapBlocks: one.overlapBlocks + more };
      assert.ok(total(warmer, length) <= total(one, length) * AT_MOST);
    }),
    { numRuns: 1000, endOnFailure: true },
  );
});

test("one more request on a worker never makes it more attractive", () => {
  const another = fc.record({ promptTokens: tokens, cached: fc.nat(100), isDecoding: fc.boolean() });
  fc.assert(
    fc.property(anyCandidate, tokens, another, (one, length, { promptTokens, cached, isDecoding }) => {
      const uncached = Math.max(0, promptTokens - cached);
      const load = { ...one.load, contextTokens: one.load.contextTokens + promptTokens };
      if (isDecoding) Object.assign(load, { decodeRequests: load.decodeRequests + 1 });
      else
        Object.assign(load, {
          prefillRequests: load.prefillRequests + 1,
          prefillTokens: load.prefillTokens + uncached,
          prefillPairs: (load.prefillPairs ?? 0) + uncached * (cached + uncached / 2),
        });
      assert.ok(total({ ...one, load }, length) * AT_MOST >= total(one, length));
    }),
    { numRuns: 1000, endOnFailure: true },
  );
});

test("what it leaves unpriced changes nothing: choice, reason and receipt are those of pricing everyone", () => {
  const fleet = fc.array(anyCandidate, { minLength: 1, maxLength: 40 });
  const news = fc.record({
    context: fc.nat(5000),
    ages: fc.array(fc.nat(8), { maxLength: 12 }),
    answers: fc.array(fc.record({ startedAt: fc.nat(20_000), tokenCount: fc.nat(300) }), { maxLength: 8 }),
    lostOverlap: fc.nat(200),
    lostBlocks: fc.nat(100),
  });
  const late = fc.array(news, { minLength: 40, maxLength: 40 });
  const some = fc.option(fc.integer({ min: 5, max: 3000 }), { nil: undefined });
  const asked = fc.record({ length: tokens, promised: fc.record({ ttftMs: some, itlMs: some }) });
  fc.assert(
    fc.property(fleet, late, asked, fc.nat(1000), (list, lateTokens, { length, promised }, seed) => {
      const named = list.map((one, i) => ({ ...one, id: `w${String(i).padStart(2, "0")}` }));
      // What has come since the books were last brought up to date: only `settle` tells.
      const behind = named.map((one, i) => {
        const load = { ...one.load };
        const { context = 0, ages = [], answers = [], lostOverlap = 0, lostBlocks = 0 } = lateTokens[i] ?? {};
        const { prefillRequests, decodeRequests, foreignRequests } = load;
        const lost = Math.min(lostBlocks, prefillRequests + decodeRequests + foreignRequests);
        const held = one.heldBlocks;
        const seen = { ...one, load, settle };
        function settle(): void {
          Object.assign(load, {
            contextTokens: one.load.contextTokens + context,
            answerAges: ages,
            answers,
            otherAges: ages,
          });
          seen.overlapBlocks = Math.max(0, one.overlapBlocks - lostOverlap);
          seen.heldBlocks = held === undefined ? undefined : Math.max(0, held - lost);
        }
        return seen;
      });
      const timed = { ...request(length, promised), nowMs: 20_000 };
      const pruned = kvAware().choose(timed, behind, seededRandom(seed));
      for (const { settle } of behind) settle();
      const whole = kvAware({}, { prunes: false }).choose(timed, behind, seededRandom(seed));
      assert.equal(pruned.chosen.id, whole.chosen.id);
      assert.deepEqual([pruned.reason, pruned.scores], [whole.reason, whole.scores]);
    }),
    { numRuns: 1000, endOnFailure: true },
  );
});

test("what a candidate costs at least is no more than what it costs", () => {
  const asked = fc.record({ length: tokens, itlMs: fc.option(fc.integer({ min: 5, max: 400 }), { nil: undefined }) });
  fc.assert(
    fc.property(anyCandidate, asked, (one, { length, itlMs }) => {
      const asking = request(length, { itlMs });
      const whole = routeCost(asking, one, DEFAULT_COST).totalMs;
      const byLoad = leastCost(asking, one, DEFAULT_COST);
      const byNumber = leastWork(asking, one, DEFAULT_COST) + leastHarm(asking, one, DEFAULT_COST);
      assert.ok(byNumber <= byLoad && byLoad <= whole, `${byNumber}, ${byLoad}, ${whole}`);
    }),
    { numRuns: 1000, endOnFailure: true },
  );
});

test("what decodes beside is counted in full by number alone, where the prompt is all that the answers' steps carry", () => {
  const one = candidate("a", {}, { decodeRequests: 40, contextTokens: 0 });
  const without = { ...DEFAULT_COST, workWeight: 1, reuseProbability: 0, missMs: 0 };
  const { harmMs } = routeCost(request(4000), one, without);
  assert.ok(Math.abs(leastHarm(request(4000), one, without) / harmMs - 1) < 1e-6);
});

test("every cost is a finite number, at least the overhead", () => {
  fc.assert(
    fc.property(anyCandidate, fc.nat(200_000), (one, length) => {
      const cost = total(one, length);
      assert.ok(Number.isFinite(cost) && cost >= 0.5 * COST.overheadMs(length));
    }),
    { numRuns: 1000, endOnFailure: true },
  );
});

test("the cached tokens are whole blocks and never the whole prompt", () => {
  const all = candidate("a", { overlapBlocks: 64 });
  assert.equal(kvAware().choose(request(64 * BLOCK), [all], random()).scores[0]?.cachedTokens, 63 * BLOCK);
  assert.equal(kvAware().choose(request(64 * BLOCK + 1), [all], random()).scores[0]?.cachedTokens, 64 * BLOCK);
});
