// 500 requests over real HTTP, client to gateway to simulated engines, all on one virtual clock that moves only when nothing is
// on its way; and offline: the same workers are chosen, the same blocks found cached, and tokens come at the same times.
import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { after, test } from "node:test";
import { seededRandom, virtualClock, type VirtualClock } from "../../src/core/index.ts";
import { type EngineServer, parseKvEventsConfig, startEngineServer } from "../../src/engine/index.ts";
import type { PromptReader } from "../../src/gateway/index.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import { openLoop, simulate, traceContents } from "../../src/simulator/index.ts";
import { workerId } from "../../src/simulator/worker-face.ts";
import { builtinTextModel, expandHashId, hashBlocks } from "../../src/tokens/index.ts";
import type { Trace, TraceRow } from "../../src/workload/index.ts";
import { testFleet, testGateway, testWorker } from "../gateway/harness.ts";
import { shortTrace } from "./short-trace.ts";

const WORKERS = 4;
const REQUESTS = 500;
const BLOCKS = 2000;
const PROFILE = "qwen3-32b-h200-tp2-bf16";
const HASH_SEED = { model: "m" };
const MODEL = "tiny";
const profile = loadProfile(PROFILE, { kvBlocks: BLOCKS });
const vocabulary = builtinTextModel().tokenizer.vocabularySize;

interface Served {
  worker: string;
  cached: number;
  firstAt: number;
  lastAt: number;
}

function offline(trace: Trace, policy: string): Served[] {
  const planned = traceContents(trace, { blockSize: 16, speed: 1, maxContext: 20_000 });
  const profiles = Array.from({ length: WORKERS }, () => profile);
  const run = simulate({ profiles, policy: policyOf(policy), arrivals: openLoop(planned), seed: "live" });
  return run.requests.map((one) => ({
    worker: workerId(one.worker),
    cached: one.cachedTokens ?? -1,
    firstAt: one.firstTokenAt ?? -1,
    lastAt: one.lastTokenAt ?? -1,
  }));
}

/** What is on its way between processes that would be: nothing when each pair is equal. */
interface Traffic {
  sent: number;
  submitted: number;
  made: number;
  received: number;
  ended: number;
  closed: number;
}

async function startEngine(clock: VirtualClock, traffic: Traffic): Promise<EngineServer> {
  const kvEvents = parseKvEventsConfig(`{"enable_kv_cache_events":true,"endpoint":"tcp://127.0.0.1:*"}`);
  const options = { profile: PROFILE, gpuBlocksOverride: BLOCKS, servedModelNames: [MODEL], port: 0, kvEvents };
  const server = await startEngineServer(options, { clock });
  const submit = server.live.submit.bind(server.live);
  Object.assign(server.live, {
    submit: ((request, onToken) => {
      submit(request, (output) => {
        traffic.made++;
        if (output.finish !== undefined) traffic.ended++;
        onToken(output);
      });
      traffic.submitted++;
    }) satisfies typeof server.live.submit,
  });
  return server;
}

const readPrompt: PromptReader = ({ fields }) => {
  const { prompt } = fields as unknown as { readonly prompt: number[] };
  return { promptTokens: prompt.length, exact: true, hashes: hashBlocks(Int32Array.from(prompt), 16, HASH_SEED) };
};

async function live(trace: Trace, policy: string): Promise<Served[]> {
  const clock = virtualClock();
  const traffic: Traffic = { sent: 0, submitted: 0, made: 0, received: 0, ended: 0, closed: 0 };
  const index = memoryIndex({ blockSize: 16, maxBytes: 256e6, ttlSeconds: 3600, seedOf: () => HASH_SEED });
  const engines = await Promise.all(Array.from({ length: WORKERS }, () => startEngine(clock, traffic)));
  after(() => Promise.all(engines.map((engine) => engine.close())));
  const workers = engines.map((engine, number) => {
    const id = workerId(number);
    index.setStream(id, "live", 0);
    engine.live.onStep(({ events }) => {
      if (events.length > 0) index.apply(id, { timestamp: 0, events, dataParallelRank: null }, clock.now());
    });
    const { blockSize, kvBlocks, maxSequences } = profile.limits;
    const worker = testWorker(id, engine.url, { cost: stepCost(profile), maxSequences });
    worker.facts = { ...worker.facts, blockSize, kvBlocks, maxModelLen: undefined };
    return worker;
  });
  const hour = 3_600_000;
  const gateway = await testGateway({
    fleet: testFleet(workers),
    limits: { firstByteTimeoutMs: hour, idleTimeoutMs: hour, totalTimeoutMs: hour },
    model: { policy: policyOf(policy), prompt: readPrompt },
    options: {
      index,
      clock,
      random: seededRandom("live routing"),
      receipts: { header: true, retentionSeconds: hour, maxEntries: 1000 },
    },
  });
  const agent = new Agent({ keepAlive: true });
  after(() => agent.destroy());
  const served: Served[] = [];

  function send(number: number, row: TraceRow): void {
    traffic.sent++;
    const one: Served = { worker: "", cached: -1, firstAt: -1, lastAt: -1 };
    served[number] = one;
    const options = { host: "127.0.0.1", port: gateway.port, path: "/v1/completions", method: "POST", agent };
    const headers = { "content-type": "application/json", "x-request-id": `r${number}` };
    const request = httpRequest({ ...options, headers }, (response) => {
      response.setEncoding("utf8");
      let rest = "";
      response.on("data", (text: string) => {
        const events = (rest + text).split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) note(one, event);
      });
      response.on("end", () => void traffic.closed++);
    });
    const more = { max_tokens: row.outputTokens, ignore_eos: true, stream: true, temperature: 1, seed: number };
    // A token whose text is held back, for it is a part of a character, shows by its id alone.
    const usage = { stream_options: { include_usage: true }, return_token_ids: true };
    request.end(JSON.stringify({ model: MODEL, prompt: Array.from(promptOf(row)), ...more, ...usage }));
  }

  function note(one: Served, event: string): void {
    if (!event.startsWith("data: {")) return;
    const { choices, usage } = JSON.parse(event.slice(6)) as Event;
    if (choices.length === 0) {
      one.cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
      return;
    }
    traffic.received++;
    if (one.firstAt < 0) one.firstAt = clock.now();
    one.lastAt = clock.now();
  }

  const isQuiet = (): boolean =>
    traffic.sent === traffic.submitted &&
    traffic.made === traffic.received &&
    traffic.ended === traffic.closed &&
    gateway.inflight === traffic.sent - traffic.closed;

  async function quiet(): Promise<void> {
    const limit = performance.now() + 2000;
    while (!isQuiet()) {
      assert.ok(performance.now() < limit, `on its way for 2 s: ${JSON.stringify({ ...traffic, at: clock.now() })}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function moveTo(atMs: number): Promise<void> {
    for (let next = clock.next(); next !== undefined && next <= atMs; next = clock.next()) {
      clock.advance(next - clock.now());
      await quiet();
    }
    if (atMs < Number.MAX_VALUE) clock.advance(atMs - clock.now());
  }

  for (const [number, row] of trace.rows.entries()) {
    await moveTo(row.atMs);
    send(number, row);
    await quiet();
  }
  while (traffic.closed < REQUESTS) await moveTo(clock.next() ?? Number.MAX_VALUE);
  for (const [number, one] of served.entries()) one.worker = gateway.receipt(`r${number}`)?.legs[0]?.worker ?? "";
  return served;
}

interface Event {
  readonly choices: readonly unknown[];
  readonly usage?: { readonly prompt_tokens_details?: { readonly cached_tokens: number } };
}

function promptOf(row: TraceRow): Int32Array {
  const ids = new Int32Array(row.inputTokens);
  for (let start = 0; start < row.inputTokens; start += 512) {
    const count = Math.min(512, row.inputTokens - start);
    ids.set(expandHashId(row.hashIds?.[start / 512] ?? 0, count, vocabulary), start);
  }
  return ids;
}

test("live over HTTP and offline agree on every choice, every cache hit and every time", async () => {
  // Each token is an event that has to come through two connections.
  const trace = shortTrace({ requests: REQUESTS, gapMs: 100, inputTokens: 3000, outputTokens: 8 });
  const one = await live(trace, "kv_aware");
  const other = offline(trace, "kv_aware");
  assert.equal(one.length, REQUESTS);
  assert.equal(new Set(one.map(({ worker }) => worker)).size, WORKERS);
  assert.ok(one.filter(({ cached }) => cached > 0).length > 50, "prefixes are found again");
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
