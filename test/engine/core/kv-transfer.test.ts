// Prefill and decode roles of the core: leases, pulls that take time, what is not pulled, failed loads, conservation.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  engineCore,
  type EngineCoreOptions,
  type OfflineCore,
  type RemotePrompt,
  type TokenOutput,
} from "../../../src/engine/index.ts";
import { drain, sampleRequest, TOKEN_COST, tokensOf } from "./sample-request.ts";

const LIMITS: EngineCoreOptions = {
  cost: TOKEN_COST,
  blockSize: 16,
  kvBlocks: 1001,
  maxSequences: 64,
  maxBatchedTokens: 2048,
};

const producer = (options: Partial<EngineCoreOptions> = {}): OfflineCore =>
  engineCore({ ...LIMITS, kvRole: "kv_producer", ...options });
const consumer = (options: Partial<EngineCoreOptions> = {}): OfflineCore =>
  engineCore({ ...LIMITS, kvRole: "kv_consumer", ...options });

interface Pull extends RemotePrompt {
  readonly pulled: number[];
}

function remote(tokens: number, { ms = 7, ok = true } = {}): Pull {
  const pulled: number[] = [];
  return { tokens, pulled, pull: (count) => (pulled.push(count), ms), arrived: () => ok };
}

/** Runs on a clock of its own, waking up when the core says so. */
function run(core: OfflineCore, from = 0): { readonly outputs: TokenOutput[]; readonly firstAt: number } {
  const outputs: TokenOutput[] = [];
  let [now, firstAt] = [from, Number.NaN];
  for (let left = 10_000; left > 0; left--) {
    const plan = core.schedule(now);
    if (plan === undefined && core.wakeAt() === Number.POSITIVE_INFINITY) return { outputs, firstAt };
    if (plan === undefined) {
      assert.ok(core.wakeAt() >= now, "time goes on");
      now = core.wakeAt();
      continue;
    }
    now += plan.durationMs;
    outputs.push(...core.complete(now));
    if (Number.isNaN(firstAt) && outputs.length > 0) firstAt = now;
  }
  return assert.fail("the core never became idle");
}

test("a prefill leg's blocks are kept until they are pulled, then cached and free", () => {
  const core = producer();
  core.add(sampleRequest("p", 100, { maxTokens: 1, leaseMs: 30_000 }), 0);
  run(core);
  assert.equal(core.stats().kvUsage, 7 / 1000);
  assert.deepEqual([core.holds("p"), core.transfers().held], [true, 1]);
  assert.equal(core.releaseHeld("p"), true);
  assert.equal(core.releaseHeld("p"), false);
  assert.equal(core.stats().kvUsage, 0);
  core.add(sampleRequest("again", 100, { maxTokens: 1 }), 200);
  assert.equal(drain(core)[0]?.cachedTokens, 96);
});

test("a lease runs out unless it is renewed, and an aborted prefill leg keeps nothing", () => {
  const core = producer();
  core.add(sampleRequest("p", 100, { maxTokens: 1, leaseMs: 50 }), 0);
  core.schedule(0);
  core.complete(100);
  assert.equal(core.renewHeld("p", 400), true);
  core.schedule(399);
  assert.equal(core.holds("p"), true);
  core.schedule(400);
  assert.deepEqual([core.holds("p"), core.transfers().expired, core.renewHeld("p", 900)], [false, 1, false]);
  core.add(sampleRequest("q", 100, { maxTokens: 1, leaseMs: 50 }), 400);
  core.schedule(400);
  core.abort("q");
  core.complete(500);
  assert.deepEqual([core.holds("q"), core.stats().kvUsage], [false, 0]);
});

test("a request that waits for blocks under a lease wakes the core up when that ends", () => {
  const core = producer({ kvBlocks: 9 });
  core.add(sampleRequest("p", 100, { maxTokens: 1, leaseMs: 1000 }), 0);
  core.schedule(0);
  core.complete(100);
  core.add(
    sampleRequest(
      "q",
      Array.from({ length: 100 }, (_, i) => 500 + i),
      { maxTokens: 1 },
    ),
    100,
  );
  assert.equal(core.schedule(100), undefined);
  assert.equal(core.wakeAt(), 1100);
  assert.equal(core.schedule(1100)?.tokens, 100);
});

test("a decode leg waits for its prompt, computes one token of it, and goes on as if it had computed all", () => {
  const alone = engineCore(LIMITS);
  alone.add(sampleRequest("d", 100), 0);
  const core = consumer();
  const prompt = remote(100);
  core.add(sampleRequest("d", 100, { remote: prompt }), 0);
  assert.equal(core.schedule(0), undefined);
  assert.deepEqual([core.stats().waiting, core.transfers().loading, core.wakeAt()], [1, 1, 7]);
  const { outputs, firstAt } = run(core);
  // 7 ms of transfer, then a step of one token.
  assert.equal(firstAt, 8);
  assert.deepEqual(tokensOf(outputs, "d"), tokensOf(drain(alone), "d"));
  assert.equal(outputs[0]?.cachedTokens, 99);
  assert.deepEqual(prompt.pulled, [112]);
  assert.equal(core.stats().kvUsage, 0);
  assert.equal(core.stats().prefixHits, 0);
});

test("what the decode side has cached is not pulled, and what was pulled is cached", () => {
  const core = consumer();
  core.add(sampleRequest("a", 64, { remote: remote(64) }), 0);
  run(core);
  const prompt = remote(100);
  core.add(sampleRequest("b", 100, { remote: prompt }), 100);
  run(core, 100);
  // 64 of the 112 tokens in its blocks are there.
  assert.deepEqual(prompt.pulled, [48]);
  assert.equal(core.stats().prefixHits, 64);
});

test("others go on while a prompt is pulled, and a content that has not come is no prefix hit", () => {
  const core = consumer();
  core.add(sampleRequest("slow", 100, { remote: remote(100, { ms: 1000 }) }), 0);
  core.add(sampleRequest("same", 100, { maxTokens: 2 }), 0);
  core.schedule(0);
  assert.equal(core.complete(100)[0]?.cachedTokens, 0);
});

test("a load that fails ends the request or computes the prompt, as the policy says", () => {
  const fails = consumer();
  fails.add(sampleRequest("d", 100, { remote: remote(100, { ok: false }) }), 0);
  assert.deepEqual(run(fails).outputs, []);
  assert.deepEqual([fails.takeFailed(), fails.takeFailed()], [["d"], []]);
  assert.deepEqual([fails.stats().kvUsage, fails.stats().waiting], [0, 0]);
  const recomputes = consumer({ loadFailure: "recompute" });
  recomputes.add(sampleRequest("d", 100, { remote: remote(100, { ok: false }) }), 0);
  const { outputs, firstAt } = run(recomputes);
  assert.deepEqual([firstAt, outputs.length, outputs[0]?.cachedTokens], [107, 4, 0]);
  assert.equal(recomputes.transfers().failedLoads, 1);
});

test("an engine without a role, or with the other one, computes and keeps nothing", () => {
  for (const role of ["none", "kv_producer"] as const) {
    const core = producer({ kvRole: role });
    const prompt = remote(100);
    core.add(sampleRequest("d", 100, { remote: prompt }), 0);
    assert.equal(run(core).firstAt, 100);
    assert.deepEqual(prompt.pulled, []);
  }
  const core = consumer();
  core.add(sampleRequest("p", 100, { maxTokens: 1, leaseMs: 1000 }), 0);
  run(core);
  assert.deepEqual([core.holds("p"), core.stats().kvUsage], [false, 0]);
});

test("an abort in each phase of a load frees everything", () => {
  const core = consumer();
  core.add(sampleRequest("waiting", 100, { remote: remote(100) }), 0);
  assert.equal(core.abort("waiting"), true);
  core.add(sampleRequest("loading", 100, { remote: remote(100) }), 0);
  core.schedule(0);
  assert.equal(core.abort("loading"), true);
  assert.deepEqual([core.wakeAt(), core.stats().kvUsage], [Number.POSITIVE_INFINITY, 0]);
  assert.deepEqual(run(core).outputs, []);
});

const mixed = fc.array(
  fc.record({
    kind: fc.constantFrom("plain" as const, "prefill" as const, "decode" as const),
    length: fc.integer({ min: 1, max: 90 }),
    maxTokens: fc.integer({ min: 1, max: 20 }),
    group: fc.nat(2),
    ms: fc.integer({ min: 0, max: 300 }),
    ok: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

test("in every mix each request ends once, and no block is lost", () => {
  fc.assert(
    fc.property(
      mixed,
      fc.integer({ min: 12, max: 60 }),
      fc.constantFrom("recompute" as const, "fail" as const),
      fc.constantFrom("fcfs" as const, "priority" as const),
      (list, kvBlocks, loadFailure, policy) => {
        const core = engineCore({ ...LIMITS, kvRole: "kv_both", maxSequences: 5, kvBlocks, loadFailure, policy });
        for (const [i, { kind, length, maxTokens, group, ms, ok }] of list.entries()) {
          const prompt = Array.from({ length }, (_, at) => (at < 40 ? 100 * group + at : 1000 * i + at));
          const fields = kind === "decode" ? { remote: remote(length, { ms, ok }) } : {};
          const lease = kind === "prefill" ? { leaseMs: ms } : {};
          core.add(sampleRequest(`r${i}`, prompt, { maxTokens, priority: i % 3, ...fields, ...lease }), 0);
        }
        const { outputs } = run(core);
        const ended = outputs.filter(({ finish }) => finish !== undefined).map(({ id }) => id);
        const all = [...ended, ...core.takeFailed()];
        assert.deepEqual(all.toSorted(), list.map((_, i) => `r${i}`).toSorted());
        core.schedule(1e9);
        assert.deepEqual([core.stats().kvUsage, core.transfers().held, core.transfers().loading], [0, 0, 0]);
        assert.equal(core.resetPrefixCache(), true);
      },
    ),
    { numRuns: 300 },
  );
});
