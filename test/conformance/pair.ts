// Two workers behind one gateway, the second with a key and with KV events of the other hash form: cases that need both.
import assert from "node:assert/strict";
import { bodyOf, type Json } from "./answer.ts";
import { freshIds } from "./behaviours/prefix-cache.ts";
import { type Answer, eventually, exchange, open, type OpenAnswer } from "./http.ts";
import { CHAT, chat, completion, COMPLETIONS } from "./probes/requests.ts";
import type { EngineVariant, RunningEngine, RunningGateway } from "./start-targets.ts";
import { BLOCK_SIZE } from "./target.ts";
import { workerMetrics } from "./worker-metrics.ts";

export interface Pair {
  readonly first: RunningEngine;
  readonly second: RunningEngine;
  readonly gateway: RunningGateway;
}

export interface PairCase {
  readonly name: string;
  readonly run: (pair: Pair) => Promise<void>;
}

const KEY = "a-key-of-the-second-worker";

/** How the second one is started. */
export const SECOND: EngineVariant = {
  args: ["--api-key", KEY],
  env: { VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES: "0" },
  key: KEY,
};

/** Long enough to outweigh everything else when a worker is chosen. */
const BLOCKS = 48;
/** Both are idle and what they published has come: an event leaves with its step, a little before the answer. */
const PUBLISHED_MS = 300;

function prompt(): number[] {
  return freshIds(BLOCKS * BLOCK_SIZE + 1);
}

function ask({ url }: { readonly url: string }, body: object, key?: string): Promise<Answer> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return exchange(url, { path: COMPLETIONS, body, headers });
}

function cachedOf(answer: Answer): number {
  return bodyOf(answer).at("usage", "prompt_tokens_details", "cached_tokens").number();
}

async function receiptOf({ gateway }: Pair, { headers: { "x-request-id": id } }: Answer): Promise<Json> {
  const headers = { authorization: `Bearer ${gateway.adminToken}` };
  return bodyOf(await exchange(gateway.adminUrl, { path: `/admin/v1/requests/${String(id)}`, headers }));
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PUBLISHED_MS));

/** What each worker computed by itself is found by the gateway, which never saw those requests. */
async function findsWhatEachHolds(pair: Pair): Promise<void> {
  const { first, second, gateway } = pair;
  for (const [place, worker] of [first, second].entries()) {
    const body = completion({ prompt: prompt(), max_tokens: 1 });
    bodyOf(await ask(worker, body, worker.key));
    await settled();
    const answer = await ask(gateway, body);
    assert.equal(cachedOf(answer), BLOCKS * BLOCK_SIZE);
    const leg = (await receiptOf(pair, answer)).at("legs", 0);
    assert.equal(leg.at("predicted", "cachedTokens").value, BLOCKS * BLOCK_SIZE);
    assert.match(leg.at("worker").text(), new RegExp(`-${place}$`));
  }
}

async function keepsKeysApart({ second, gateway }: Pair): Promise<void> {
  const body = completion({ prompt: prompt(), max_tokens: 1 });
  for (const key of [undefined, "wrong"]) {
    const refused = await ask(second, body, key);
    assert.equal(refused.status, 401);
    assert.equal(refused.body, '{"error":"Unauthorized"}');
  }
  assert.equal((await exchange(second.url, { path: "/health" })).status, 200);
  assert.equal((await exchange(second.url, { path: "/metrics" })).status, 200);
  bodyOf(await ask(second, body, KEY));
  await settled();
  // The prompt is there, so that is where it goes; the key of the client is nobody's business there.
  assert.ok(cachedOf(await ask(gateway, body, "of-the-client")) > 0);
}

async function keepsSaltsApart(pair: Pair): Promise<void> {
  const ids = prompt();
  const salted = async (cache_salt: string): Promise<number> => {
    const answer = await ask(pair.gateway, completion({ prompt: ids, max_tokens: 1, cache_salt }));
    const cached = cachedOf(answer);
    await settled();
    assert.equal((await receiptOf(pair, answer)).at("legs", 0, "predicted", "cachedTokens").value, cached);
    return cached;
  };
  assert.deepEqual([await salted("a"), await salted("b")], [0, 0]);
  assert.deepEqual([await salted("a"), await salted("b")], [BLOCKS * BLOCK_SIZE, BLOCKS * BLOCK_SIZE]);
}

const STREAMS = 6;

const ATTEMPTS = 5;

async function freesBoth(pair: Pair): Promise<void> {
  const running = async (): Promise<readonly number[]> => {
    const both = [pair.first, pair.second].map(({ url }) => workerMetrics({ engineUrl: url }));
    return (await Promise.all(both)).map((metrics) => (metrics.running ?? 0) + (metrics.waiting ?? 0));
  };
  const stream = { path: CHAT, body: chat({ max_tokens: 1500, stream: true }) };
  const idle = (): Promise<void> =>
    eventually("both are idle", async () => (await running()).every((count) => count === 0), 30_000);
  for (let attempt = 1; ; attempt++) {
    const answers = Array.from({ length: STREAMS }, () => open(pair.gateway.url, stream));
    const begun = await allBegin(answers);
    const [a = 0, b = 0] = begun ? await running() : [];
    answers.forEach((answer) => answer.leave());
    await idle();
    if (a > 0 && b > 0) return;
    // Two real servers on two processors may have written some before they look at the others.
    assert.ok(!begun && attempt < ATTEMPTS, `${a} and ${b} of ${STREAMS} streams`);
  }
}

/** False when one was over before. */
async function allBegin(answers: readonly OpenAnswer[]): Promise<boolean> {
  const over = Promise.race(answers.map(({ ended }) => ended)).then(() => false);
  const begun = answers.map((answer) => answer.until((text) => text.split("\n\n").length > 3, 60_000));
  const all = Promise.all(begun).then(() => true);
  all.catch(() => undefined);
  return Promise.race([over, all]);
}

const LOST_AFTER_EVENTS = 10;
const TOKENS = 120;

/** kill -9 of one of two: the other goes on with its streams, and no token is lost or doubled. */
async function outlivesOne({ first, gateway }: Pair): Promise<void> {
  const options = { stream: true, temperature: 0, ignore_eos: true, return_token_ids: true, max_tokens: TOKENS };
  const body = completion({ prompt: prompt(), ...options, stream_options: { include_usage: true } });
  const asked = [...Array.from({ length: STREAMS }, () => chat(options)), body];
  const answers = asked.map((one) => open(gateway.url, { path: one === body ? COMPLETIONS : CHAT, body: one }));
  for (const answer of answers) await answer.until((text) => text.split("\n\n").length > LOST_AFTER_EVENTS);
  process.kill(-(first.child?.pid ?? assert.fail("the first worker is not ours to kill")), "SIGKILL");
  for (const answer of answers) {
    await answer.until((text) => text.endsWith("data: [DONE]\n\n"), 60_000);
    const text = answer.text();
    assert.ok(!text.includes('{"error"'), text.slice(-500));
    const ids = [...text.matchAll(/"token_ids":\[([\d,]+)\]/g)].flatMap(([, list = ""]) => list.split(","));
    assert.equal(ids.length, TOKENS);
    assert.equal(text.match(/"finish_reason":"length"/g)?.length, 1);
    assert.equal(new Set(text.match(/"id":"[^"]+"/g)).size, 1);
  }
}

export const PAIR_CASES: readonly PairCase[] = [
  { name: "KV events of both hash forms: each prompt goes to who holds it", run: findsWhatEachHolds },
  { name: "each worker gets its own key, never the client's", run: keepsKeysApart },
  { name: "salts are apart on both", run: keepsSaltsApart },
  { name: "streams that are left free both", run: freesBoth },
  // The last one: there is one worker less after it.
  { name: "kill -9 of one with streams on both: every stream ends with each token once", run: outlivesOne },
];
