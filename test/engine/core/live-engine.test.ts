// The live engine on a virtual clock: when tokens arrive, what late timers, pauses and aborts do; once on the real clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, realClock, virtualClock } from "../../../src/core/index.ts";
import {
  engineCore,
  type EngineCoreOptions,
  type EngineRequest,
  type LiveEngineOptions,
  startLiveEngine,
} from "../../../src/engine/index.ts";
import { loadProfile, stepCost } from "../../../src/model/index.ts";
import { expectedTokens, sampleRequest, TOKEN_COST } from "./sample-request.ts";

const LIMITS: EngineCoreOptions = {
  cost: TOKEN_COST,
  blockSize: 16,
  kvBlocks: 1001,
  maxSequences: 64,
  maxBatchedTokens: 2048,
};

type Extra = Partial<LiveEngineOptions> & { readonly limits?: Partial<EngineCoreOptions> };

/** An engine whose tokens are noted with the time of their arrival. */
function start(clock: Clock, { limits, ...extra }: Extra = {}) {
  const engine = startLiveEngine({ core: engineCore({ ...LIMITS, ...limits }), clock, speed: 1, ...extra });
  const arrivals: [string, number][] = [];
  const submit = (request: EngineRequest): void =>
    engine.submit(request, (output) => void arrivals.push([output.id, clock.now()]));
  return { engine, arrivals, submit };
}

test("tokens arrive at the ends of their steps", () => {
  const clock = virtualClock();
  const { engine, arrivals, submit } = start(clock);
  clock.advance(1000);
  submit(sampleRequest("a", 100, { maxTokens: 3 }));
  assert.equal(arrivals.length, 0);
  clock.advance(50);
  submit(sampleRequest("b", 20, { maxTokens: 2 }));
  clock.advance(1000);
  // a: 100 ms of prefill; then b's 20 beside a decode (its first block is cached: 4 are left); then both decode.
  assert.deepEqual(arrivals, [
    ["a", 1100],
    ["a", 1105],
    ["b", 1105],
    ["a", 1107],
    ["b", 1107],
  ]);
  assert.equal(clock.next(), undefined);
  assert.equal(engine.stats().running, 0);
});

test("requests of the same instant share a step", () => {
  const clock = virtualClock();
  const { arrivals, submit } = start(clock, { limits: { prefixCaching: false } });
  for (const id of ["a", "b"]) submit(sampleRequest(id, 30, { maxTokens: 1 }));
  clock.advance(60);
  assert.deepEqual(arrivals, [
    ["a", 60],
    ["b", 60],
  ]);
});

test("TTFT is prefill plus overhead, the gaps between tokens are the steps, the engine is not delayed", () => {
  const clock = virtualClock();
  const profile = loadProfile("llama-3.1-70b-h100-tp4-fp8");
  const cost = stepCost(profile);
  const ends: number[] = [];
  const { arrivals, submit } = start(clock, {
    limits: { ...profile.limits, cost },
    overheadMs: (tokens) => cost.overheadMs(tokens),
    onStep: (step) => void ends.push(step.endedAt),
  });
  submit(sampleRequest("a", 1024, { maxTokens: 4 }));
  clock.advance(10_000);
  const prefill = cost.prefillMs({ cached: 0, uncached: 1024, decodeSequences: 0, decodeContext: 0 });
  assert.ok(Math.abs((ends[0] ?? 0) - prefill) < 1e-6);
  const shifts = arrivals.map(([, at], i) => at - (ends[i] ?? 0) - cost.overheadMs(1024));
  assert.equal(shifts.length, 4);
  assert.ok(shifts.every((shift) => Math.abs(shift) < 1e-5));
});

test("speed divides all times", () => {
  const clock = virtualClock();
  const { arrivals, submit } = start(clock, { speed: 10, overheadMs: () => 20 });
  submit(sampleRequest("a", 100, { maxTokens: 2 }));
  clock.advance(100);
  assert.deepEqual(
    arrivals.map(([, at]) => at.toFixed(3)),
    ["12.000", "12.100"],
  );
});

/** A machine whose timers are late by `lateMs`, at least a whole ms apart. */
function lateClock(lateMs: number) {
  const inner = virtualClock();
  return {
    ...inner,
    now: () => inner.now(),
    after: (delay: number, run: () => void) => inner.after(Math.max(1, delay) + lateMs, run),
  };
}

test("timers that are a little late do not slow the engine down", () => {
  for (const [late, last] of [
    [0, 1110],
    [1.5, 1110],
    [4, 1110],
  ] as const) {
    const clock = lateClock(late);
    const ends: number[] = [];
    const { arrivals, submit } = start(clock, {
      limits: { cost: { ...TOKEN_COST, stepMs: () => 10 } },
      onStep: (step) => void ends.push(step.endedAt),
    });
    clock.advance(10);
    submit(sampleRequest("a", 5, { maxTokens: 110 }));
    clock.advance(3000);
    assert.equal(ends.at(-1), last);
    assert.ok((arrivals.at(-1)?.[1] ?? 0) <= last + late + 1);
  }
});

test("a timer that is very late delays what follows instead of bunching it", () => {
  const clock = lateClock(500);
  const ends: number[] = [];
  const { submit } = start(clock, {
    limits: { cost: { ...TOKEN_COST, stepMs: () => 10 } },
    onStep: (step) => void ends.push(step.endedAt),
  });
  submit(sampleRequest("a", 5, { maxTokens: 3 }));
  clock.advance(5000);
  assert.ok((ends[1] ?? 0) - (ends[0] ?? 0) >= 500);
});

test("steps shorter than a timer run several to a tick", () => {
  const clock = lateClock(0);
  let timers = 0;
  const after = (delay: number, run: () => void) => (timers++, clock.after(delay, run));
  const { arrivals, submit } = start(
    { ...clock, after },
    { limits: { cost: { ...TOKEN_COST, stepMs: () => 10 } }, speed: 100 },
  );
  submit(sampleRequest("a", 5, { maxTokens: 100 }));
  clock.advance(13);
  assert.equal(arrivals.length, 100);
  assert.ok(timers < 30, `${timers} timers`);
});

test("an aborted request gives no token more, those already made included", () => {
  const clock = virtualClock();
  const { engine, arrivals, submit } = start(clock, { overheadMs: () => 50 });
  submit(sampleRequest("a", 10, { maxTokens: 1 }));
  submit(sampleRequest("b", 10, { maxTokens: 100 }));
  clock.advance(25);
  // Its only token is made and on its way.
  assert.deepEqual([engine.abort("a"), engine.abort("a")], [true, false]);
  assert.equal(engine.abort("b"), true);
  assert.equal(engine.stats().running, 0);
  submit(sampleRequest("a", 10, { maxTokens: 2 }));
  clock.advance(1000);
  assert.deepEqual(
    arrivals.map(([id]) => id),
    ["a", "a"],
  );
});

test("a paused engine takes requests and goes on where it stopped", () => {
  const clock = virtualClock();
  const { engine, arrivals, submit } = start(clock);
  submit(sampleRequest("a", 10, { maxTokens: 3 }));
  clock.advance(11);
  engine.pause();
  submit(sampleRequest("b", 10, { maxTokens: 1 }));
  clock.advance(1000);
  assert.deepEqual([arrivals.length, engine.stats().waiting], [2, 1]);
  engine.resume();
  engine.resume();
  clock.advance(1000);
  assert.deepEqual(
    arrivals.map(([id]) => id),
    ["a", "a", "a", "b"],
  );
});

test("a stopped engine leaves no timer and never speaks again", () => {
  const clock = virtualClock();
  const { engine, arrivals, submit } = start(clock);
  submit(sampleRequest("a", 10));
  clock.advance(5);
  engine.stop();
  engine.resume();
  submit(sampleRequest("b", 10));
  clock.advance(1000);
  assert.deepEqual([arrivals, clock.next()], [[], undefined]);
});

test("a listener may submit, abort and leave from within a step", () => {
  const clock = virtualClock();
  const { engine, arrivals, submit } = start(clock);
  let steps = 0;
  const leave = engine.onStep((step) => {
    steps++;
    if (step.outputs.some((output) => output.id === "a" && output.finish)) {
      submit(sampleRequest("b", 10, { maxTokens: 2 }));
      leave();
    }
  });
  submit(sampleRequest("a", 10, { maxTokens: 1 }));
  submit(sampleRequest("c", 10, { maxTokens: 50 }));
  engine.onStep(() => void engine.abort("c"));
  clock.advance(100);
  assert.deepEqual([arrivals.filter(([id]) => id === "b").length, steps, clock.next()], [2, 1, undefined]);
});

test("steps report their events", () => {
  const clock = virtualClock();
  const kinds: string[] = [];
  const { submit } = start(clock, {
    limits: { events: true },
    onStep: (step) => void kinds.push(...step.events.map((event) => event.kind)),
  });
  submit(sampleRequest("a", 40, { maxTokens: 1 }));
  clock.advance(100);
  assert.deepEqual(kinds, ["stored"]);
});

test("what the core refuses is thrown and leaves nothing behind", () => {
  const clock = virtualClock();
  const { engine, submit } = start(clock);
  assert.throws(() => submit(sampleRequest("a", 20_000)), { code: "SWG_REQUEST_TOO_LARGE" });
  assert.deepEqual([engine.abort("a"), clock.next()], [false, undefined]);
  for (const speed of [0, -1, Number.NaN, Infinity])
    assert.throws(() => start(clock, { speed }), { code: "SWG_ENGINE_LIMITS" });
});

test("on the real clock a request gives its tokens in order", { timeout: 2000 }, async () => {
  const engine = startLiveEngine({ core: engineCore(LIMITS), clock: realClock, speed: 20 });
  const request = sampleRequest("a", 100, { maxTokens: 20 });
  // The engine's timers do not keep the process alive.
  const alive = setInterval(() => undefined, 1000);
  const tokens: number[] = [];
  await new Promise<void>((done) =>
    engine.submit(request, (output) => {
      tokens.push(output.token);
      if (output.finish) done();
    }),
  );
  clearInterval(alive);
  engine.stop();
  assert.deepEqual(tokens, expectedTokens(request));
});
