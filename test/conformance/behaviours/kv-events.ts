// KV events of the engine → our index → predicted cached tokens = those that the engine reports, on 99 % of blocks and more.
import assert from "node:assert/strict";
import { realClock, seededRandom } from "../../../src/core/index.ts";
import { type KvEventFeed, type KvIndex, memoryIndex, startKvEventFeed } from "../../../src/kvindex/index.ts";
import { type BlockHashes, hashBlocks, renderPrompt } from "../../../src/tokens/index.ts";
import { connectableAddress, parseKvEventSources } from "../../../src/vllm/index.ts";
import { bodyOf, eventsOf, json } from "../answer.ts";
import { eventually, exchange } from "../http.ts";
import { CHAT, chat, completion, COMPLETIONS, WITH_USAGE } from "../probes/requests.ts";
import { BLOCK_SIZE, type Case, MODEL, type Target } from "../target.ts";
import { freshIds } from "./prefix-cache.ts";
import { textModel } from "./prompts.ts";

const WORKER = "w";

interface Listening {
  readonly index: KvIndex;
  readonly feed: KvEventFeed;
}

export async function listen({ engineUrl }: Target): Promise<Listening> {
  const index = memoryIndex({
    blockSize: BLOCK_SIZE,
    maxBytes: 1 << 26,
    ttlSeconds: 300,
    seedOf: () => ({ model: MODEL }),
  });
  const [source] = parseKvEventSources((await exchange(engineUrl, { path: "/kv_event_sources" })).body);
  assert.ok(source, "the engine publishes no KV events");
  const feed = startKvEventFeed({
    worker: WORKER,
    endpoint: connectableAddress(source.endpoint, "127.0.0.1"),
    replayEndpoint: source.replayEndpoint && connectableAddress(source.replayEndpoint, "127.0.0.1"),
    topic: source.topic,
    index,
    clock: realClock,
  });
  await eventually("the feed is live", () => Promise.resolve(feed.status().state === "live"));
  return { index, feed };
}

/** A request whose prompt shares a beginning with earlier ones, in each of the shapes that clients send. */
interface Request {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly salt: string | undefined;
}

function requests(count: number): Request[] {
  const random = seededRandom("kv events");
  const bases = Array.from({ length: 3 }, () => freshIds(6 * BLOCK_SIZE));
  const system = Array.from({ length: 80 }, (_, i) => `rule${i}`).join(" ");
  return Array.from({ length: count }, (_, i) => {
    const base = bases[i % bases.length] ?? [];
    const salt = i % 5 === 4 ? `tenant-${i % 2}` : undefined;
    if (i % 3 === 2) {
      const messages = [
        { role: "system", content: system },
        { role: "user", content: `question ${random.int(4)}` },
      ];
      return { path: CHAT, body: { ...chat({ messages, max_tokens: 2 }), ...(salt && { cache_salt: salt }) }, salt };
    }
    const prompt = [...base.slice(0, (1 + random.int(6)) * BLOCK_SIZE), ...freshIds(random.int(50) + 1)];
    return {
      path: COMPLETIONS,
      body: { ...completion({ prompt, max_tokens: 2 }), ...(salt && { cache_salt: salt }) },
      salt,
    };
  });
}

interface Score {
  blocks: number;
  right: number;
  hits: number;
}

function note(score: Score, predicted: number, reported: number, promptTokens: number): void {
  const blocks = Math.ceil(promptTokens / BLOCK_SIZE);
  score.blocks += blocks;
  score.right += blocks - Math.abs(predicted - reported) / BLOCK_SIZE;
  score.hits += reported;
}

function assertGood({ blocks, right, hits }: Score): void {
  assert.ok(hits > 0, "nothing was reused");
  assert.ok(right / blocks >= 0.99, `${((100 * right) / blocks).toFixed(1)} % of ${blocks} blocks`);
}

/** The last token of a prompt is always computed, so its block is never read from the cache. */
function usable(overlap: number, promptTokens: number): number {
  return Math.min(overlap, Math.floor((promptTokens - 1) / BLOCK_SIZE)) * BLOCK_SIZE;
}

async function hashesOf(
  target: Target,
  { path, body, salt }: Request,
): Promise<{ hashes: BlockHashes; tokens: number }> {
  const kind = path === CHAT ? "chat" : "completions";
  const ids = renderPrompt({ kind, body, text: await textModel(target) }).prompts?.[0] ?? new Int32Array(0);
  return { hashes: hashBlocks(ids, BLOCK_SIZE, { model: MODEL, salt }), tokens: ids.length };
}

async function reportedBy(target: Target, { path, body }: Request): Promise<{ cached: number; id: string }> {
  const answer = await exchange(target.url, { path, body });
  const cached = bodyOf(answer).at("usage", "prompt_tokens_details", "cached_tokens").number();
  return { cached, id: String(answer.headers["x-request-id"]) };
}

async function receipt(target: Target, id: string) {
  const { adminUrl = "", adminToken = "" } = target.gateway ?? {};
  const headers = { authorization: `Bearer ${adminToken}` };
  return bodyOf(await exchange(adminUrl, { path: `/admin/v1/requests/${id}`, headers }));
}

function events(name: string, run: (target: Target) => Promise<void>, skip?: Case["skip"]): Case {
  return { topic: "KV events", name, run, skip };
}

const direct = (target: Target): string | undefined =>
  target.gateway === undefined ? undefined : "the gateway has its own feed: see the receipts";
const viaGateway = (target: Target): string | undefined =>
  target.gateway === undefined ? "only the gateway writes receipts" : undefined;

const REQUESTS = 36;

export const kvEventCases: readonly Case[] = [
  events(
    "our index predicts what the engine reports",
    async (target) => {
      const { index, feed } = await listen(target);
      const score: Score = { blocks: 0, right: 0, hits: 0 };
      try {
        for (const request of requests(REQUESTS)) {
          const { hashes, tokens } = await hashesOf(target, request);
          // An event leaves the engine with its step, the answer a moment later: it may be on its way.
          await new Promise((resolve) => setTimeout(resolve, 15));
          const predicted = usable(index.overlap(hashes, [WORKER], realClock.now())[0] ?? 0, tokens);
          note(score, predicted, (await reportedBy(target, request)).cached, tokens);
        }
        assertGood(score);
        const { orphans, ignored, blockSizeMismatches } = index.stats();
        assert.deepEqual({ ignored, blockSizeMismatches }, { ignored: 0, blockSizeMismatches: {} });
        assert.ok(orphans >= 0);
      } finally {
        await feed.close();
      }
    },
    direct,
  ),
  events(
    "a feed that comes late replays what it missed",
    async (target) => {
      const prompt = freshIds(4 * BLOCK_SIZE + 1);
      const request = { path: COMPLETIONS, body: { ...completion({ prompt, max_tokens: 1 }) }, salt: undefined };
      await reportedBy(target, request);
      const { index, feed } = await listen(target);
      try {
        const { hashes } = await hashesOf(target, request);
        await eventually("the index knows the prompt", () =>
          Promise.resolve((index.overlap(hashes, [WORKER], realClock.now())[0] ?? 0) === 4),
        );
        assert.ok(feed.status().replayed > 0);
      } finally {
        await feed.close();
      }
    },
    direct,
  ),
  events(
    "a reset empties the index with the engine's next step",
    async (target) => {
      const { index, feed } = await listen(target);
      const prompt = freshIds(3 * BLOCK_SIZE + 1);
      const request = { path: COMPLETIONS, body: { ...completion({ prompt, max_tokens: 1 }) }, salt: undefined };
      try {
        const { hashes } = await hashesOf(target, request);
        const known = () => index.overlap(hashes, [WORKER], realClock.now())[0] ?? 0;
        await reportedBy(target, request);
        await eventually("the index knows the prompt", () => Promise.resolve(known() === 3));
        await exchange(target.engineUrl, { path: "/reset_prefix_cache", method: "POST" });
        await reportedBy(target, { ...request, body: { ...completion({ max_tokens: 1 }) } });
        await eventually("the index has forgotten it", () => Promise.resolve(known() === 0));
      } finally {
        await feed.close();
      }
    },
    direct,
  ),
  events(
    "the gateway's receipts predict what the engine reports",
    async (target) => {
      const score: Score = { blocks: 0, right: 0, hits: 0 };
      for (const request of requests(REQUESTS)) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        const { cached, id } = await reportedBy(target, request);
        const found = await receipt(target, id);
        assert.equal(found.at("measured", "cachedTokens").value, cached);
        assert.equal(found.at("promptTokens", "exact").value, true);
        assert.equal(found.at("promptTokens", "counted").value, found.at("promptTokens", "reported").value);
        note(
          score,
          found.at("legs", 0, "predicted", "cachedTokens").number(),
          cached,
          found.at("promptTokens", "counted").number(),
        );
      }
      assertGood(score);
    },
    viaGateway,
  ),
  events(
    "a stream without usage has a receipt with usage",
    async (target) => {
      const prompt = freshIds(2 * BLOCK_SIZE + 1);
      const ask = { path: COMPLETIONS, body: completion({ prompt, max_tokens: 2, stream: true }) };
      await exchange(target.url, ask);
      const answer = await exchange(target.url, ask);
      assert.ok(eventsOf(answer).every((event) => event.at("usage").value === undefined));
      const found = await receipt(target, String(answer.headers["x-request-id"]));
      assert.equal(found.at("measured", "cachedTokens").value, 2 * BLOCK_SIZE);
      assert.equal(found.at("completionTokens").value, 2);
    },
    viaGateway,
  ),
  events(
    "asked-for usage is in the receipt as the client sees it",
    async (target) => {
      const body = completion({ prompt: freshIds(BLOCK_SIZE + 1), max_tokens: 3, ...WITH_USAGE });
      const answer = await exchange(target.url, { path: COMPLETIONS, body });
      const found = await receipt(target, String(answer.headers["x-request-id"]));
      const usage = eventsOf(answer).at(-1)?.at("usage") ?? json(undefined);
      assert.equal(found.at("promptTokens", "reported").value, usage.at("prompt_tokens").value);
      assert.equal(found.at("completionTokens").value, usage.at("completion_tokens").value);
    },
    viaGateway,
  ),
];
