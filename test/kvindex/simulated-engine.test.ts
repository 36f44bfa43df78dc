// Index and feed beside a simulated engine: what the index predicts is what the engine reports, through evictions and faults.
import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { test, type TestContext } from "node:test";
import { realClock, seededRandom } from "../../src/core/index.ts";
import { type EngineOptions, parseFaultText, parseKvEventsConfig, startEngineServer } from "../../src/engine/index.ts";
import { type KvEventFeedStatus, memoryIndex, startKvEventFeed } from "../../src/kvindex/index.ts";
import { replayEvents } from "../../src/kvindex/event-replay.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { type KvEventEncoding, parseKvEventSources } from "../../src/vllm/index.ts";

const BLOCK = 16;
const SEED = { model: "m" };
const CONFIG = parseKvEventsConfig(
  `{"enable_kv_cache_events":true,"endpoint":"tcp://127.0.0.1:*","replay_endpoint":"tcp://127.0.0.1:*"}`,
);

async function engineWithFeed(t: TestContext, options: Partial<EngineOptions> = {}) {
  const server = await startEngineServer({
    port: 0,
    speed: 200,
    kvEvents: CONFIG,
    gpuBlocksOverride: 100,
    maxModelLen: 800,
    ...options,
  });
  t.after(() => server.close());
  const [source] = parseKvEventSources(await (await fetch(`${server.url}/kv_event_sources`)).text());
  assert.ok(source);
  const index = memoryIndex({ maxBytes: 16e6, ttlSeconds: 60, confirmWithinMs: 60, seedOf: () => SEED });
  const changes = new EventEmitter();
  const onChange = () => changes.emit("change");
  const feed = startKvEventFeed({ ...source, worker: "w", index, clock: realClock, replayTimeoutMs: 200, onChange });
  t.after(() => feed.close());

  async function until(isSo: (status: KvEventFeedStatus) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(2000);
    while (!isSo(feed.status())) await once(changes, "change", { signal });
  }
  await until(({ state }) => state === "live");

  /** Tokens of the prompt that the engine should find cached. */
  function believed(ids: readonly number[], salt?: string): number {
    const [blocks] = index.overlap(hashBlocks(ids, BLOCK, { ...SEED, salt }), ["w"], realClock.now());
    return BLOCK * Math.min(blocks ?? 0, Math.floor((ids.length - 1) / BLOCK));
  }

  /** Waits for all that the engine has published; its replay socket tells whether there is more than has come. */
  async function settled(): Promise<void> {
    for (;;) {
      const from = (feed.status().lastSequence ?? -1) + 1;
      let last = -1;
      const request = { endpoint: source?.replayEndpoint ?? "", from, timeoutMs: 1000, clock: realClock };
      assert.ok(await replayEvents(request, ({ sequence }) => (last = Number(sequence))));
      if (last < 0) return;
      await until(({ lastSequence }) => (lastSequence ?? -1) >= last);
    }
  }

  return {
    index,
    until,
    status: () => feed.status(),
    believed,
    settled,
    async ask(prompt: readonly number[], salt?: string): Promise<{ cached: number; output: number[] }> {
      const body = JSON.stringify({
        prompt,
        max_tokens: 20,
        ignore_eos: true,
        return_token_ids: true,
        cache_salt: salt,
      });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${server.url}/v1/completions`, { method: "POST", headers, body });
      assert.equal(response.status, 200);
      const reply = (await response.json()) as Reply;
      return { cached: reply.usage.prompt_tokens_details.cached_tokens, output: reply.choices[0]?.token_ids ?? [] };
    },
  };
}

interface Reply {
  readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } };
  readonly choices: readonly { readonly token_ids: number[] }[];
}

const ENCODINGS: readonly [KvEventEncoding, "int" | "bytes"][] = [
  ["map", "int"],
  ["map", "bytes"],
  ["array-0.22", "int"],
];

for (const [kvEventEncoding, kvEventHashes] of ENCODINGS) {
  test(`prediction equals report through reuse, salts, growth and evictions (${kvEventEncoding}, ${kvEventHashes})`, async (t) => {
    const engine = await engineWithFeed(t, { kvEventEncoding, kvEventHashes });
    const random = seededRandom(kvEventEncoding + kvEventHashes);
    const sessions: number[][] = [];
    let hits = 0;
    for (let turn = 0; turn < 60; turn++) {
      const isNew = sessions.length < 3 || random.next() < 0.2;
      const picked = random.int(sessions.length);
      const before = isNew ? [] : (sessions[picked] ?? []);
      const more = Array.from({ length: 20 + random.int(150) }, () => 300 + random.int(20_000));
      const prompt = [...before.slice(0, 500), ...more];
      const salt = turn % 10 === 9 ? "s1" : undefined;
      const expected = engine.believed(prompt, salt);
      const { cached, output } = await engine.ask(prompt, salt);
      assert.equal(cached, expected, `turn ${turn}`);
      hits += cached > 0 ? 1 : 0;
      // Generated tokens are cached as well.
      const grown = [...prompt, ...output];
      if (isNew) sessions.push(grown);
      else sessions[picked] = grown;
      await engine.settled();
    }
    assert.ok(hits > 10, `${hits} hits`);
    assert.deepEqual([engine.status().drops, engine.index.stats().orphans], [0, 0]);
    assert.ok(engine.index.heldBlocks("w") <= 100);
  });
}

const PROMPT = Array.from({ length: 200 }, (_, i) => 1000 + i);

function withFault(kvEvents: object): Partial<EngineOptions> {
  return { faults: parseFaultText(JSON.stringify({ kvEvents }), "test") };
}

test("an engine that stops its events becomes silent", async (t) => {
  const engine = await engineWithFeed(t, withFault({ silent: true }));
  engine.index.setStream("w", "live", realClock.now());
  engine.index.predict("w", hashBlocks(PROMPT, BLOCK, SEED), realClock.now());
  await engine.ask(PROMPT);
  await new Promise((resolve) => setTimeout(resolve, 70));
  assert.equal(engine.status().state, "silent");
});

test("an engine that claims another block size raises the alarm", async (t) => {
  const engine = await engineWithFeed(t, withFault({ blockSize: 32 }));
  engine.index.predict("w", hashBlocks(PROMPT, BLOCK, SEED), realClock.now());
  await engine.ask(PROMPT);
  await engine.until(({ batches }) => batches > 0);
  assert.deepEqual(engine.index.stats().blockSizeMismatches, { w: 32 });
  assert.equal(engine.believed(PROMPT), 0);
});

test("batches that an engine loses are found as gaps, and its entries are dropped", async (t) => {
  const engine = await engineWithFeed(t, withFault({ dropRate: 0.3 }));
  const random = seededRandom("drops");
  for (let turn = 0; turn < 30; turn++) {
    const prompt = [...PROMPT, ...Array.from({ length: 100 }, () => 300 + random.int(20_000))];
    await engine.ask(prompt);
  }
  await engine.until(({ drops }) => drops > 0);
  assert.ok(engine.status().gaps > 0);
});
