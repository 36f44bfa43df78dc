// 500 requests through live engines on a clock, with real tokens, KV events and the gateway's index, and through the offline simulator:
// the same workers are chosen, and first and last tokens come at the same times. No sockets are in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, virtualClock } from "../../src/core/index.ts";
import { engineCore, startLiveEngine } from "../../src/engine/index.ts";
import { loadLedger, type Worker, type WorkerLoad } from "../../src/fleet/index.ts";
import { choose, predictionOf } from "../../src/gateway/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";
import { type Policy, residuals, policyOf } from "../../src/routing/index.ts";
import { openLoop, simulate, traceContents } from "../../src/simulator/index.ts";
import { workerId, workerNoise } from "../../src/simulator/worker-face.ts";
import { expandHashId, hashBlocks } from "../../src/tokens/index.ts";
import type { Trace, TraceRow } from "../../src/workload/index.ts";
import { shortTrace } from "./short-trace.ts";

const WORKERS = 4;
const REQUESTS = 500;
const SEED = "live";
const NOISE = 0.1;
const profile = loadProfile("qwen3-32b-h200-tp2-bf16", { kvBlocks: 4000 });
const HASH_SEED = { model: "m" };

/** The policy, and what it saw of every worker at every decision. */
function watched(name: string): { readonly policy: Policy; readonly seen: unknown[] } {
  const inner = policyOf(name);
  const seen: unknown[] = [];
  const choose: Policy["choose"] = (request, candidates, random) => {
    seen.push(candidates.map(({ load, overlapBlocks }) => ({ ...seenLoad(load), overlapBlocks })));
    return inner.choose(request, candidates, random);
  };
  return { policy: { name, choose }, seen };
}

/** Times to the microsecond: the live engine's clock adds delays to the present time. */
function seenLoad({ answers = [], otherAges: _none, ...load }: WorkerLoad): object {
  const seenAnswers = answers.map((one) => `${one.startedAt.toFixed(3)} ${one.tokenCount}`);
  return { ...structuredClone(load), answers: seenAnswers.toSorted() };
}

interface Served {
  worker: number;
  cached: number | undefined;
  firstAt: number;
  lastAt: number;
}

function offline(trace: Trace, policy: Policy): Served[] {
  const planned = traceContents(trace, { blockSize: 16, speed: 1, maxContext: 60_000 });
  const profiles = Array.from({ length: WORKERS }, () => profile);
  const run = simulate({ profiles, policy, arrivals: openLoop(planned), seed: SEED, noise: NOISE });
  return run.requests.map((one) => ({
    worker: one.worker,
    cached: one.cachedTokens,
    firstAt: one.firstTokenAt ?? -1,
    lastAt: one.lastTokenAt ?? -1,
  }));
}

function live(trace: Trace, policy: Policy): Served[] {
  const clock = virtualClock();
  const random = seededRandom(`${SEED} routing`);
  const learned = residuals();
  const index = memoryIndex({ blockSize: 16, maxBytes: 256e6, ttlSeconds: 3600, seedOf: () => HASH_SEED });
  const engines = Array.from({ length: WORKERS }, (_, number) => {
    const cost = stepCost(profile);
    const id = workerId(number);
    const noise = workerNoise(SEED, number, NOISE);
    const core = engineCore({ ...profile.limits, cost, events: true, noise });
    index.setStream(id, "live", 0);
    const engine = startLiveEngine({
      core,
      clock,
      speed: 1,
      overheadMs: (tokens) => cost.overheadMs(tokens),
      onStep: ({ events }) => {
        if (events.length > 0) index.apply(id, { timestamp: 0, events, dataParallelRank: null }, clock.now());
      },
    });
    return { engine, worker: faceOf(id) };
  });
  const workers = engines.map(({ worker }) => worker);
  const served: Served[] = [];
  function arrive(i: number, row: TraceRow): void {
    arm(i + 1);
    const promptIds = new Int32Array(row.inputTokens);
    for (let start = 0; start < row.inputTokens; start += 512) {
      const count = Math.min(512, row.inputTokens - start);
      promptIds.set(expandHashId(row.hashIds?.[start / 512] ?? 0, count, 100_000), start);
    }
    const hashes = hashBlocks(promptIds, 16, HASH_SEED);
    const now = clock.now();
    const identity = { promptTokens: row.inputTokens, exact: true, hashes };
    const overlap = index.overlap(
      hashes,
      workers.map(({ id }) => id),
      now,
    );
    const session = (): string | undefined => row.session;
    const choice = choose({
      policy,
      workers,
      identity,
      session,
      overlap,
      nowMs: now,
      slowdown: (id) => learned.slowdown(id),
      heldBlocks: workers.map(({ id }) => index.heldBlocks(id)),
      random,
    });
    const { cachedTokens, ttftMs, slowdown } = predictionOf(choice, identity);
    const entry = choice.worker.ledger.begin({ promptTokens: row.inputTokens, cachedTokens });
    index.predict(choice.worker.id, hashes, now);
    const one: Served = { worker: workers.indexOf(choice.worker), cached: undefined, firstAt: -1, lastAt: -1 };
    served[i] = one;
    const sample = (output: readonly number[]): { token: number } => ({ token: 200_000 + i * 100 + output.length });
    engines[one.worker]?.engine.submit(
      { id: `r${i}`, promptIds, maxTokens: row.outputTokens, priority: 0, sample },
      ({ cachedTokens: cached, finish }) => {
        if (one.firstAt < 0) {
          one.firstAt = clock.now();
          one.cached = cached;
          entry.firstToken(one.firstAt);
        }
        entry.tokens(1);
        if (finish === undefined) return;
        one.lastAt = clock.now();
        entry.end();
        if (ttftMs !== undefined)
          learned.ttft(choice.worker.id, {
            observedMs: one.firstAt - now,
            predictedMs: ttftMs,
            slowdown,
            tokens: row.inputTokens - cachedTokens,
          });
      },
    );
  }
  function arm(i: number): void {
    const row = trace.rows[i];
    if (row) clock.after(row.atMs - clock.now(), () => arrive(i, row));
  }
  arm(0);
  for (let next = clock.next(); next !== undefined; next = clock.next()) clock.advance(next - clock.now());
  return served;
}

function faceOf(id: string): Worker {
  const { blockSize, kvBlocks, maxSequences } = profile.limits;
  const facts = {
    version: undefined,
    servedModels: [],
    maxModelLen: undefined,
    blockSize,
    kvBlocks,
    kvEvents: undefined,
  };
  return {
    id,
    deployment: "live",
    model: "m",
    role: "both",
    origin: "",
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    state: "ready",
    facts,
    gauges: undefined,
    ledger: loadLedger(),
    cost: stepCost(profile),
    maxSequences,
  };
}

for (const policy of ["kv_aware", "dynamo"]) {
  test(`${policy}: live engines and the offline simulator agree on every choice and every time`, () => {
    const trace = shortTrace({ requests: REQUESTS, gapMs: 400, inputTokens: 6000, outputTokens: 60 });
    const [liveEye, offlineEye] = [watched(policy), watched(policy)];
    const [one, other] = [live(trace, liveEye.policy), offline(trace, offlineEye.policy)];
    assert.equal(one.length, REQUESTS);
    assert.deepEqual(offlineEye.seen, liveEye.seen);
    assert.deepEqual(
      other.map(({ worker, cached }) => [worker, cached]),
      one.map(({ worker, cached }) => [worker, cached]),
    );
    for (const [i, { firstAt, lastAt }] of one.entries()) {
      // The live engine's clock adds delays to the present time: a rounding error of a nanosecond.
      assert.ok(Math.abs(firstAt - (other[i]?.firstAt ?? -1)) < 1e-3, `first token of request ${i}`);
      assert.ok(Math.abs(lastAt - (other[i]?.lastAt ?? -1)) < 1e-3, `last token of request ${i}`);
    }
  });
}
