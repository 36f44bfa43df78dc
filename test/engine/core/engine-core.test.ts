// The engine's core: steps, prefix hits, preemption, order of scheduling, refusals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engineCore, type EngineCore, type EngineCoreOptions } from "../../../src/engine/index.ts";
import { loadProfile, stepCost } from "../../../src/model/index.ts";
import { drain, expectedTokens, sampleRequest, step, TOKEN_COST, tokensOf } from "./sample-request.ts";

const LIMITS: EngineCoreOptions = {
  cost: TOKEN_COST,
  blockSize: 16,
  kvBlocks: 1001,
  maxSequences: 64,
  maxBatchedTokens: 2048,
};

function core(options: Partial<EngineCoreOptions> = {}): EngineCore {
  return engineCore({ ...LIMITS, ...options });
}

/** A prompt that shares nothing with one of another `start`. */
function distinct(length: number, start: number): number[] {
  return Array.from({ length }, (_, i) => start + i);
}

test("one request runs its prefill and its decodes, then its blocks are free", () => {
  const engine = core();
  engine.add(sampleRequest("a", 100), 0);
  assert.deepEqual(engine.schedule(0), { durationMs: 100, tokens: 100, admitted: ["a"] });
  assert.deepEqual(engine.complete(100)[0]?.cachedTokens, 0);
  assert.equal(engine.stats().kvUsage, 7 / 1000);
  assert.deepEqual(engine.schedule(100), { durationMs: 1, tokens: 1 });
  engine.complete(101);
  assert.deepEqual(
    drain(engine).map((output) => output.finish),
    [undefined, "length"],
  );
  assert.deepEqual([engine.stats().kvUsage, engine.stats().running], [0, 0]);
  assert.equal(engine.schedule(3), undefined);
});

test("a profile's limits and cost are enough to make a core", () => {
  const profile = loadProfile("llama-3.1-70b-h100-tp4-fp8");
  const cost = stepCost(profile);
  const engine = engineCore({ ...profile.limits, cost });
  engine.add(sampleRequest("a", 1024), 0);
  const prefill = cost.prefillMs({ cached: 0, uncached: 1024, decodeSequences: 0, decodeContext: 0 });
  assert.equal(engine.schedule(0)?.durationMs, prefill);
  engine.complete(prefill);
  assert.equal(
    engine.schedule(0)?.durationMs,
    cost.stepMs({ tokens: 1, decodeSequences: 1, decodeContext: 1025, prefillPairs: 0 }),
  );
});

test("a repeated prompt hits all its full blocks but the one of its last token", () => {
  const engine = core();
  for (const id of ["a", "b"]) engine.add(sampleRequest(id, 1000, { maxTokens: 1 }), 0);
  // vLLM: 62 of 62.5 blocks, in the same step already.
  assert.deepEqual(
    drain(engine).map((output) => output.cachedTokens),
    [0, 992],
  );
  engine.add(sampleRequest("c", 992, { maxTokens: 1 }), 0);
  assert.equal(drain(engine)[0]?.cachedTokens, 976);
  assert.deepEqual([engine.stats().prefixQueries, engine.stats().prefixHits], [2992, 1968]);
});

test("generated tokens are cached too", () => {
  const engine = core();
  const first = sampleRequest("a", 20, { maxTokens: 30 });
  engine.add(first, 0);
  const output = tokensOf(drain(engine), "a");
  engine.add(sampleRequest("b", [...first.promptIds, ...output, 1, 2, 3], { maxTokens: 1 }), 0);
  // 49 tokens were computed: the last sampled one never is.
  assert.equal(drain(engine)[0]?.cachedTokens, 48);
});

test("salt, LoRA and switched-off caching keep content apart", () => {
  const engine = core();
  const hit = (fields: object): number | undefined => {
    engine.add(sampleRequest("x", 100, { maxTokens: 1, ...fields }), 0);
    return drain(engine)[0]?.cachedTokens;
  };
  assert.deepEqual([hit({}), hit({ cacheSalt: "s" }), hit({ lora: "l" }), hit({ lora: "s" })], [0, 0, 0, 0]);
  assert.deepEqual([hit({}), hit({ cacheSalt: "s" }), hit({ lora: "l" })], [96, 96, 96]);
  const plain = core({ prefixCaching: false });
  for (const id of ["a", "b"]) plain.add(sampleRequest(id, 100, { maxTokens: 1 }), 0);
  assert.deepEqual(
    drain(plain).map((output) => output.cachedTokens),
    [0, 0],
  );
  assert.equal(plain.stats().prefixQueries, 0);
});

test("a long prompt is chunked to the budget while others decode", () => {
  const engine = core({ maxBatchedTokens: 64 });
  engine.add(sampleRequest("short", 10, { maxTokens: 9 }), 0);
  step(engine);
  engine.add(sampleRequest("long", distinct(150, 500)), 0);
  const perStep = [1, 2, 3].map(() => {
    const plan = engine.schedule(0);
    return [plan?.tokens, ...engine.complete(0).map((output) => output.id)];
  });
  // 63 + 63 + 24 prompt tokens beside one decode each.
  assert.deepEqual(perStep, [
    [64, "short"],
    [64, "short"],
    [25, "short", "long"],
  ]);
});

test("a threshold cuts long prefills, and without chunking a prompt waits for a step of its own", () => {
  const cut = core({ longPrefillThreshold: 40 });
  cut.add(sampleRequest("a", 100), 0);
  assert.equal(cut.schedule(0)?.tokens, 40);
  const whole = core({ chunkedPrefill: false, maxBatchedTokens: 100 });
  whole.add(sampleRequest("a", distinct(60, 0)), 0);
  whole.add(sampleRequest("b", distinct(60, 500)), 0);
  assert.deepEqual([whole.schedule(0)?.tokens, whole.complete(0).length, whole.schedule(0)?.tokens], [60, 1, 61]);
});

test("no more sequences run than the limit, the rest wait in order", () => {
  const engine = core({ maxSequences: 2 });
  for (const id of ["a", "b", "c"]) engine.add(sampleRequest(id, 5, { maxTokens: 2 }), 0);
  assert.deepEqual(
    step(engine)?.map((output) => output.id),
    ["a", "b"],
  );
  assert.deepEqual([engine.stats().running, engine.stats().waiting], [2, 1]);
  step(engine);
  assert.deepEqual(
    step(engine)?.map((output) => output.id),
    ["c"],
  );
});

test("when blocks run short the last sequence is preempted and continues with the same tokens", () => {
  const engine = core({ kvBlocks: 9 });
  const requests = ["a", "b"].map((id, i) => sampleRequest(id, distinct(48, 100 * i), { maxTokens: 40 }));
  for (const request of requests) engine.add(request, 0);
  const outputs = drain(engine);
  for (const request of requests) assert.deepEqual(tokensOf(outputs, request.id), expectedTokens(request));
  assert.ok(engine.stats().preemptions > 0);
  assert.equal(outputs.find((output) => output.finish)?.id, "a");
  // The hit of the recomputation is not the request's.
  assert.ok(outputs.every((output) => output.cachedTokens === 0));
  assert.equal(engine.stats().prefixQueries, 96);
});

test("under the priority policy the urgent go first and the least urgent is preempted", () => {
  const engine = core({ policy: "priority", maxSequences: 1 });
  const priorities = { a: 5, b: 1, c: 1 };
  for (const [id, priority] of Object.entries(priorities))
    engine.add(sampleRequest(id, 5, { maxTokens: 1, priority }), 0);
  assert.deepEqual(
    drain(engine).map((output) => output.id),
    ["b", "c", "a"],
  );
  const tight = core({ policy: "priority", kvBlocks: 9 });
  tight.add(sampleRequest("low", distinct(48, 0), { maxTokens: 40, priority: 9 }), 0);
  // Low runs first in the list: when it needs a block it preempts itself, and the step goes to the other.
  const first = step(tight) ?? [];
  tight.add(sampleRequest("high", distinct(48, 900), { maxTokens: 40, priority: 0 }), 0);
  const outputs = [...first, ...drain(tight)];
  assert.deepEqual(
    outputs.filter((output) => output.finish).map((output) => output.id),
    ["high", "low"],
  );
  assert.ok(tight.stats().preemptions > 0);
});

test("a whole prompt is reserved at admission unless that is switched off", () => {
  const running = (reserveFullPrompt: boolean): number => {
    const engine = core({ kvBlocks: 11, maxBatchedTokens: 96, reserveFullPrompt });
    engine.add(sampleRequest("a", distinct(80, 0)), 0);
    engine.add(sampleRequest("b", distinct(100, 500)), 0);
    engine.schedule(0);
    return engine.stats().running;
  };
  assert.deepEqual([running(true), running(false)], [1, 2]);
});

test("an abort frees blocks in every state and the open step says nothing about it", () => {
  const engine = core({ maxSequences: 1 });
  engine.add(sampleRequest("a", 50), 0);
  engine.add(sampleRequest("b", 50), 0);
  assert.equal(engine.abort("b"), true);
  engine.schedule(0);
  assert.equal(engine.abort("a"), true);
  assert.deepEqual([engine.stats().kvUsage, engine.stats().running, engine.stats().waiting], [0, 0, 0]);
  assert.deepEqual(engine.complete(0), []);
  assert.deepEqual([engine.abort("a"), engine.abort("never"), engine.schedule(0)], [false, false, undefined]);
});

test("the model may stop before the limit", () => {
  const engine = core();
  engine.add(
    sampleRequest("a", 5, { sample: (output) => (output.length === 2 ? { token: 2, finish: "stop" } : { token: 1 }) }),
    0,
  );
  assert.deepEqual(
    drain(engine).map(({ token, finish }) => [token, finish]),
    [
      [1, undefined],
      [1, undefined],
      [2, "stop"],
    ],
  );
});

test("events tell stored blocks with parents and salt, removed ones and the cleared cache", () => {
  const engine = core({ events: true, kvBlocks: 5 });
  engine.add(sampleRequest("a", 40, { maxTokens: 10, cacheSalt: "s" }), 0);
  drain(engine);
  const [stored, grown] = engine.takeEvents();
  assert.ok(stored?.kind === "stored" && grown?.kind === "stored");
  assert.deepEqual(
    [stored.parent, stored.extraKeys, stored.medium, stored.blockSize],
    [null, [["s"], null], "GPU", 16],
  );
  assert.deepEqual(stored.tokenIds, distinct(32, 1));
  assert.deepEqual([grown.parent, grown.hashes.length, grown.extraKeys], [stored.hashes[1], 1, [null]]);
  engine.add(sampleRequest("b", distinct(64, 700), { maxTokens: 1, lora: "l" }), 0);
  assert.equal(engine.resetPrefixCache(), true);
  engine.schedule(0);
  assert.equal(engine.resetPrefixCache(), false);
  const [cleared, other] = engine.takeEvents();
  assert.equal(cleared?.kind, "cleared");
  assert.deepEqual(other?.kind === "stored" && [other.loraName, other.extraKeys], ["l", [["l"], ["l"], ["l"], ["l"]]]);
  engine.complete(0);
  engine.add(sampleRequest("c", distinct(30, 900), { maxTokens: 1 }), 0);
  drain(engine);
  // The tail of the older sequence goes first.
  const removed = engine.takeEvents().filter((event) => event.kind === "removed");
  const hashes = other?.kind === "stored" ? other.hashes : [];
  assert.deepEqual(
    removed.map((event) => event.hashes),
    [[hashes[3]], [hashes[2]]],
  );
  assert.deepEqual(engine.takeEvents(), []);
});

test("engines of different hash seed hash equal blocks differently", () => {
  const hashes = ["one", "two", "one"].map((hashSeed) => {
    const engine = core({ events: true, hashSeed });
    engine.add(sampleRequest("a", 20), 0);
    drain(engine);
    const [event] = engine.takeEvents();
    return event?.kind === "stored" ? event.hashes[0] : undefined;
  });
  assert.equal(hashes[0], hashes[2]);
  assert.notEqual(hashes[0], hashes[1]);
});

test("what can never run is refused with a reason", () => {
  const engine = core({ kvBlocks: 5 });
  assert.throws(() => engine.add(sampleRequest("a", 60, { maxTokens: 6 }), 0), {
    code: "SWG_REQUEST_TOO_LARGE",
    details: { value: 65, expected: "at most 64 tokens, the KV cache" },
  });
  assert.throws(() => engine.add(sampleRequest("a", []), 0), { code: "SWG_REQUEST_TOO_LARGE" });
  assert.throws(() => engine.add(sampleRequest("a", 5, { maxTokens: 0 }), 0), { code: "SWG_REQUEST_TOO_LARGE" });
  engine.add(sampleRequest("a", 60, { maxTokens: 5 }), 0);
  assert.throws(() => engine.add(sampleRequest("a", 5), 0), { code: "SWG_REQUEST_DUPLICATE" });
  assert.equal(drain(engine).length, 5);
  const whole = core({ chunkedPrefill: false });
  assert.throws(() => whole.add(sampleRequest("a", 3000), 0), { code: "SWG_REQUEST_TOO_LARGE" });
});

test("impossible limits are refused", () => {
  for (const wrong of [
    { blockSize: 0 },
    { kvBlocks: 1 },
    { maxSequences: 1.5 },
    { maxBatchedTokens: 63 },
    { longPrefillThreshold: -1 },
  ]) {
    assert.throws(() => core(wrong), { code: "SWG_ENGINE_LIMITS" });
  }
});

test("a second schedule before complete is a defect", () => {
  const engine = core();
  engine.add(sampleRequest("a", 5), 0);
  engine.schedule(0);
  assert.throws(() => engine.schedule(0), { code: "SWG_INTERNAL" });
});
