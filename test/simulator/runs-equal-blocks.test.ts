// Caches and index that keep runs of blocks, with decodes done many at once, give what the per-block ones give step by step.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { engineCore, type EngineRequest, type OfflineCore } from "../../src/engine/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { type EngineProfile, loadProfile, stepCost } from "../../src/model/index.ts";
import { contentIndex } from "../../src/simulator/content-index.ts";
import type { PlannedSimulation } from "../../src/simulator/contents.ts";
import { SimulatedRequest } from "../../src/simulator/simulated-request.ts";
import { SimulatedWorker } from "../../src/simulator/simulated-worker.ts";
import { workerNoise } from "../../src/simulator/worker-face.ts";
import { expandHashId, hashBlocks } from "../../src/tokens/index.ts";

const BLOCK = 4;
const UNIT_BLOCKS = 3;
const UNIT = BLOCK * UNIT_BLOCKS;
const SEED = { model: "m" };
const WORKERS = 2;

interface Arrival {
  readonly gapMs: number;
  /** Earlier prompt to continue, and how many of its units. */
  readonly from: number;
  readonly kept: number;
  readonly tokens: number;
  readonly output: number;
  readonly worker: number;
}

const arrivals = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 400, noNaN: true })),
    from: fc.nat(20),
    kept: fc.nat(6),
    tokens: fc.integer({ min: 1, max: 70 }),
    output: fc.integer({ min: 1, max: 60 }),
    worker: fc.nat(WORKERS - 1),
  }),
  { minLength: 1, maxLength: 40 },
);

const limits = fc.record({
  kvBlocks: fc.integer({ min: 36, max: 70 }),
  maxSequences: fc.integer({ min: 1, max: 6 }),
  maxBatchedTokens: fc.integer({ min: 6, max: 60 }),
});

const profile = loadProfile("llama-3.1-8b-h100-tp1-bf16");

test("runs equal blocks: timings, caches and what the index answers", () => {
  fc.assert(
    fc.property(arrivals, limits, (list, given) => {
      const tiny: EngineProfile = { ...profile, limits: { ...given, blockSize: BLOCK } };
      const planned = planOf(list);
      assert.deepEqual(inRuns(planned, list, tiny), inBlocks(planned, list, tiny));
    }),
    { numRuns: 150 },
  );
});

/** Equal units at equal places: a prompt keeps some units of an earlier one and goes on with new ones. */
function planOf(list: readonly Arrival[]): PlannedSimulation[] {
  const prompts: number[][] = [];
  let next = 0;
  let atMs = 0;
  return list.map(({ gapMs, from, kept, tokens, output }) => {
    const count = Math.ceil(tokens / UNIT);
    const shared = (prompts[from % Math.max(1, prompts.length)] ?? []).slice(0, Math.min(kept, count));
    const units = [...shared, ...Array.from({ length: count - shared.length }, () => next++)];
    // A cut unit is never continued, as in a trace.
    prompts.push(units.slice(0, Math.floor(tokens / UNIT)));
    atMs += gapMs;
    const content = { tokens, unitBlocks: UNIT_BLOCKS, units: Int32Array.from(units) };
    return { atMs, content, outputTokens: output, session: undefined };
  });
}

interface Outcome {
  /** Overlap of each worker at each arrival, and blocks held. */
  readonly overlaps: number[][];
  /** Duration, tokens, end of each step by worker. */
  readonly steps: number[][][];
  /** First token, last token and cached tokens by request. */
  readonly requests: unknown[];
}

function inRuns(planned: readonly PlannedSimulation[], list: readonly Arrival[], tiny: EngineProfile): Outcome {
  const index = contentIndex({ workers: WORKERS, blockSize: BLOCK, confirmWithinMs: 1e9 });
  const steps: number[][][] = [[], []];
  const workers = [0, 1].map((number) => {
    const hooks = {
      events: (worker: number, changes: Parameters<typeof index.apply>[1]) => index.apply(worker, changes),
      stepped: (durationMs: number, tokens: number) => void steps[number]?.push([durationMs, tokens]),
      ended: () => undefined,
      closed: () => undefined,
    };
    return new SimulatedWorker({ number, profile: tiny, noise: 0.2, seed: "s", stalenessMs: 0, hooks });
  });
  const overlaps: number[][] = [];
  const requests = planned.map((one, i) => {
    for (const worker of workers) worker.advance(one.atMs);
    overlaps.push([...index.overlap(one.content, one.atMs), index.heldBlocks(0), index.heldBlocks(1)]);
    const request = new SimulatedRequest(`r${i}`, one, one.atMs);
    const chosen = list[i]?.worker ?? 0;
    index.predict(chosen, one.content, one.atMs);
    workers[chosen]?.add(request, one.atMs);
    return request;
  });
  for (const worker of workers) worker.advance(Number.MAX_VALUE);
  return {
    overlaps,
    steps,
    requests: requests.map((one) => [one.firstTokenAt, one.lastTokenAt, one.cachedTokens]),
  };
}

/** One step at a time, real tokens, the gateway's own index. */
class PlainWorker {
  readonly steps: number[][] = [];
  readonly first = new Map<string, readonly [number, number]>();
  readonly last = new Map<string, number>();
  readonly id: string;
  readonly #core: OfflineCore;
  readonly #index: ReturnType<typeof memoryIndex>;
  #dueAt = Number.POSITIVE_INFINITY;
  #durationMs: number | undefined;

  constructor(number: number, tiny: EngineProfile, index: ReturnType<typeof memoryIndex>) {
    this.id = `w${number}`;
    this.#index = index;
    const noise = workerNoise("s", number, 0.2);
    this.#core = engineCore({ ...tiny.limits, cost: stepCost(tiny), events: true, noise });
  }

  add(request: EngineRequest, nowMs: number): void {
    this.#core.add(request, nowMs);
    if (this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = nowMs;
  }

  advance(untilMs: number): void {
    while (this.#dueAt <= untilMs) {
      if (this.#durationMs !== undefined) this.#close(this.#durationMs);
      if (this.#dueAt >= untilMs) return;
      const plan = this.#core.schedule(this.#dueAt);
      this.#durationMs = plan?.durationMs;
      this.#dueAt = plan === undefined ? Number.POSITIVE_INFINITY : this.#dueAt + plan.durationMs;
    }
  }

  #close(durationMs: number): void {
    this.#durationMs = undefined;
    const outputs = this.#core.complete(this.#dueAt);
    this.steps.push([durationMs, outputs.length]);
    for (const { id, cachedTokens, finish } of outputs) {
      if (!this.first.has(id)) this.first.set(id, [this.#dueAt, cachedTokens]);
      if (finish !== undefined) this.last.set(id, this.#dueAt);
    }
    const events = this.#core.takeEvents();
    if (events.length > 0) this.#index.apply(this.id, { timestamp: 0, events, dataParallelRank: null }, this.#dueAt);
  }
}

function inBlocks(planned: readonly PlannedSimulation[], list: readonly Arrival[], tiny: EngineProfile): Outcome {
  const index = memoryIndex({
    blockSize: BLOCK,
    maxBytes: 1e8,
    ttlSeconds: 1e9,
    confirmWithinMs: 1e9,
    seedOf: () => SEED,
  });
  const workers = [0, 1].map((number) => new PlainWorker(number, tiny, index));
  const ids = workers.map(({ id }) => id);
  for (const id of ids) index.setStream(id, "live", 0);
  const overlaps = planned.map(({ atMs, content, outputTokens }, i) => {
    for (const worker of workers) worker.advance(atMs);
    const promptIds = new Int32Array(content.tokens);
    for (const [at, unit] of content.units.entries())
      promptIds.set(expandHashId(unit, Math.min(UNIT, content.tokens - at * UNIT), 100_000), at * UNIT);
    const hashes = hashBlocks(promptIds, BLOCK, SEED);
    const found = [...index.overlap(hashes, ids, atMs), ...ids.map((id) => index.heldBlocks(id))];
    const chosen = workers[list[i]?.worker ?? 0];
    index.predict(chosen?.id ?? "", hashes, atMs);
    // Output that no prompt and no other request has.
    const sample = (output: readonly number[]): { token: number } => ({ token: 1_000_000 + i * 1000 + output.length });
    chosen?.add({ id: `r${i}`, promptIds, maxTokens: outputTokens, priority: 0, sample }, atMs);
    return found;
  });
  for (const worker of workers) worker.advance(Number.MAX_VALUE);
  const requests = planned.map(({ content }, i) => {
    const delayMs = stepCost(tiny).overheadMs(content.tokens);
    const worker = workers[list[i]?.worker ?? 0];
    const [firstAt = 0, cached] = worker?.first.get(`r${i}`) ?? [];
    return [firstAt + delayMs, (worker?.last.get(`r${i}`) ?? 0) + delayMs, cached];
  });
  return { overlaps, steps: workers.map((worker) => worker.steps), requests };
}
