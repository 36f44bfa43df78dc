// spec.gateway.continuation of a deployment file, each field seen at the gateway it is for.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../config/deployment-text.ts";
import { type Behaviour, chunk, unary, within } from "../gateway/harness.ts";
import { behind, fakeVllm, served } from "./served.ts";

const continuation = (change: JsonObject) => ({ gateway: { continuation: change } });
const IDS = [{ token_ids: [7] }, { token_ids: [8] }] as const;

/** Two tokens with their ids, then the connection breaks: at every leg, so that only limits end it. */
const breaks: Behaviour = (request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const asChat = request.path.includes("/chat/");
  const piece = (text: string, more: object) =>
    asChat
      ? chunk({ content: text }, more)
      : `data: ${JSON.stringify({ id: "c", created: 1, model: "m", choices: [{ index: 0, text, logprobs: null, finish_reason: null, ...more }] })}\n\n`;
  if (asChat)
    response.write(
      chunk({ role: "assistant", content: "" }).replace('"choices"', '"prompt_token_ids":[1,2,3],"choices"'),
    );
  response.write(piece("Hel", IDS[0]) + piece("lo", IDS[1]));
  setTimeout(() => response.destroy(), 20);
};

const greedy = { stream: true, temperature: 0, max_tokens: 100 };
const asPrompt = (body: string) => (JSON.parse(body) as { prompt?: readonly number[] }).prompt;

test("continuation.mode: off, exact and approximate decide which streams go on", async () => {
  const worker = await fakeVllm(breaks);
  const documents = {
    off: continuation({ mode: "off" }),
    exact: continuation({ mode: "exact", maxPerRequest: 1 }),
    loose: continuation({ mode: "approximate", maxPerRequest: 1 }),
  };
  const serve = await served(behind(worker, documents, 2));
  for (const name of Object.keys(documents))
    for (const temperature of [0, 1]) await serve.ask(name, { ...greedy, temperature });
  const asked = (name: string) => worker.asked(name).map((one) => asPrompt(one.body));
  assert.deepEqual(asked("off"), [undefined, undefined]);
  assert.deepEqual(asked("exact"), [undefined, [1, 2, 3, 7, 8], undefined]);
  assert.deepEqual(asked("loose"), [undefined, [1, 2, 3, 7, 8], undefined, [1, 2, 3, 7, 8]]);
  assert.ok(!worker.asked("off").some((one) => one.body.includes("return_token_ids")));
});

test("continuation.maxPerRequest: a stream that loses one worker more ends with an error", async () => {
  const worker = await fakeVllm(breaks);
  const documents = { one: continuation({ maxPerRequest: 1 }), two: continuation({ maxPerRequest: 2 }) };
  const serve = await served(behind(worker, documents, 2));
  for (const name of ["one", "two"]) assert.match((await serve.ask(name, greedy)).body, /"code":502/);
  assert.deepEqual([worker.asked("one").length, worker.asked("two").length], [2, 3]);
});

test("continuation.maxTokens: a longer stream is not continued", async () => {
  const worker = await fakeVllm(breaks);
  const kept = (maxTokens: number) => continuation({ maxTokens, maxPerRequest: 1 });
  const serve = await served(behind(worker, { short: kept(2), long: kept(3) }, 2));
  for (const name of ["short", "long"]) await serve.ask(name, greedy);
  assert.deepEqual([worker.asked("short").length, worker.asked("long").length], [1, 2]);
});

test("limits.lateFirstByteMs: a request that takes far longer than predicted goes to another worker", async () => {
  let nth = 0;
  // The first leg of each pair is never answered.
  const worker = await fakeVllm((request, response) => (nth++ % 2 === 0 ? undefined : unary(request, response)));
  const limits = (lateFirstByteMs: number, firstByteTimeoutMs: number) => ({
    // Only this one predicts.
    routing: { algorithm: "kv_aware" },
    gateway: { limits: { lateFirstByteMs, firstByteTimeoutMs } },
  });
  const serve = await served(behind(worker, { late: limits(50, 15_000), never: limits(0, 1500) }, 2));
  const limit = 20_000;
  assert.equal((await within(serve.ask("late"), "the answer", limit)).status, 200);
  assert.equal(worker.asked("late").length, 2);
  assert.equal((await within(serve.ask("never"), "the limit", limit)).status, 504);
});
