// Chats that token ids do not describe go on as chats: their last message is the text that the client has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chunk, testFleet, testGateway, testWorker, upstream } from "../harness.ts";
import { type Asked, type Cut, type CuttingWorker, cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

const CHAT = "/v1/chat/completions";
const USER = { role: "user", content: "Tell me: größer 🦆 …" };
const CALL = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
const TOOL = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } };
/** The model has called the tool and now speaks. */
const ANSWERED = [
  USER,
  { role: "assistant", content: "", tool_calls: [CALL] },
  { role: "tool", tool_call_id: "call_1", content: "a" },
];
const COMMON = { model: "tiny", stream: true, temperature: 0, ignore_eos: true, tools: [TOOL], messages: ANSWERED };

const engine = await engineForTests();

/** The first legs are cut as told, in turn. */
async function gatewayBefore(...cuts: readonly Cut[]) {
  const left = [...cuts];
  const workers: CuttingWorker[] = [];
  for (let i = 0; i < 3; i++) workers.push(await cuttingWorker(engine, () => left.shift()));
  const gateway = await testGateway({
    fleet: testFleet(workers.map(({ origin }, i) => testWorker(`w${i}`, origin))),
    model: { continuation: { mode: "approximate", maxPerRequest: 3, maxTokens: 1000 } },
  });
  const asked = () => workers.flatMap((one) => one.asked);
  const legs = () => asked().filter((one) => /-c\d$/.test(one.requestId));
  return { gateway, later: () => legs().sort((a, b) => a.requestId.localeCompare(b.requestId)) };
}

const fieldsOf = ({ body }: Asked) => JSON.parse(body) as Record<string, unknown>;

test("a chat with tools that is text so far, lost twice: one stream, its text and counts as uninterrupted", async () => {
  const { gateway, later } = await gatewayBefore({ kind: "error", bytes: 1500 }, { kind: "reset", bytes: 1500 });
  const options = { include_usage: true, continuous_usage_stats: true };
  const body = JSON.stringify({ ...COMMON, max_completion_tokens: 24, min_tokens: 3, stream_options: options });
  const got = takeApart((await call(gateway, { body })).body);
  assertSame(got, takeApart((await call(engine, { path: CHAT, body })).body), "the stream");
  const [second, third, ...more] = later();
  assert.ok(second && third && more.length === 0);
  const fields = fieldsOf(third);
  const messages = fields["messages"] as { role: string; content: string }[];
  assert.deepEqual(messages.slice(0, 3), ANSWERED);
  assert.equal(messages.length, 4);
  assert.equal(messages[3]?.role, "assistant");
  assert.ok(messages[3]?.content !== "" && got.text.startsWith(messages[3]?.content ?? "?"));
  assert.deepEqual(
    [third.path, fields["continue_final_message"], fields["add_generation_prompt"]],
    [CHAT, true, false],
  );
  assert.ok(Number(fields["max_completion_tokens"]) < 24 && fields["max_tokens"] === undefined);
  assert.ok(Number(fields["min_tokens"] ?? 0) < 3);
  const page = await gateway.metrics.page();
  assert.match(page, /continuations_total\{model="tiny",reason="engine"\} 1/);
});

test("a client that goes on with a message itself: what was said stands in that message", async () => {
  const { gateway, later } = await gatewayBefore({ kind: "error", bytes: 1500 });
  const messages = [USER, { role: "assistant", content: "Once upon a time" }];
  const own = { messages, continue_final_message: true, add_generation_prompt: false };
  const body = JSON.stringify({ ...COMMON, ...own, max_tokens: 16 });
  const got = takeApart((await call(gateway, { body })).body);
  assertSame(got, takeApart((await call(engine, { path: CHAT, body })).body), "the stream");
  const [second] = later();
  assert.ok(second);
  const sent = fieldsOf(second)["messages"] as { content: string }[];
  assert.equal(sent.length, 2);
  const said = sent[1]?.content.slice("Once upon a time".length) ?? "";
  assert.ok(said !== "" && got.text.startsWith(said));
});

test("a tool call that has begun: a clean error", async () => {
  // The parser holds the beginning of the call back: events without words come before it.
  const { gateway, later } = await gatewayBefore({ kind: "error", bytes: 7000 });
  const parameters = { type: "object", properties: { a: { type: "string", minLength: 40 } }, required: ["a"] };
  const tools = [{ type: "function", function: { name: "f", parameters } }];
  const body = JSON.stringify({ ...COMMON, tools, messages: [USER], max_tokens: 60 });
  const answer = await call(gateway, { body });
  assert.match(answer.body, /"tool_calls":\[\{/);
  const { errors, finishes, done } = takeApart(answer.body);
  assert.deepEqual([errors.length, finishes, done, later().length], [1, [], 1, 0]);
  assert.match(await gateway.metrics.page(), /continuations_denied_total\{model="tiny",reason="tool_call"\} 1/);
});

/** Two workers of one stream: the first says `first` and is gone, the second says `second`. */
async function scripted(first: string, second: string, fields: object) {
  let legs = 0;
  const bodies: string[] = [];
  const worker = () =>
    upstream((received, response) => {
      bodies.push(received.body);
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (legs++ === 0) response.write(first, () => setTimeout(() => response.destroy(), 20));
      else response.end(`${second}data: [DONE]\n\n`);
    });
  const fleet = testFleet([testWorker("a", (await worker()).origin), testWorker("b", (await worker()).origin)]);
  const continuation = { mode: "approximate", maxPerRequest: 3, maxTokens: 1000 } as const;
  const gateway = await testGateway({ fleet, model: { continuation } });
  const answer = await call(gateway, { body: JSON.stringify({ ...COMMON, ...fields }) });
  return { taken: takeApart(answer.body), body: answer.body, bodies };
}

const role = (ids: readonly number[]) =>
  chunk({ role: "assistant", content: "" }).replace(/\}\n\n$/, `,"prompt_token_ids":[${ids.join(",")}]}\n\n`);
const said = (content: string, id: number) => chunk({ content }, { token_ids: [id] });

test("bug: a tool call that begins in the event of the last words was lost: a clean error", async () => {
  const call = { index: 0, ...CALL, function: { name: "f", arguments: "" } };
  const { taken, bodies } = await scripted(
    role([1, 2]) + said("I call", 5) + chunk({ content: " f.", tool_calls: [call] }, { token_ids: [6, 7] }),
    "",
    {},
  );
  assert.deepEqual([taken.text, taken.errors.length, taken.done, bodies.length], ["I call f.", 1, 1, 1]);
});

test("images are sent again, with the text so far behind them", async () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const messages = [{ role: "user", content: [{ type: "text", text: "What is it?" }, image] }];
  const { taken, bodies } = await scripted(
    role([1, 2, 3]) + said('A "d', 5) + said("uck\n", 6),
    role([1, 2, 3, 9]) + said("🦆", 7) + chunk({}, { token_ids: [8] }, "stop"),
    { messages, tools: undefined },
  );
  assert.deepEqual([taken.text, taken.errors, taken.roles, taken.finishes], ['A "duck\n🦆', [], 1, ["stop"]]);
  assert.deepEqual([taken.ids, taken.heads.length, taken.done], [[], 1, 1]);
  const sent = JSON.parse(bodies[1] ?? "") as { messages: unknown[] };
  assert.deepEqual(sent.messages, [...messages, { role: "assistant", content: 'A "duck\n' }]);
});

test("a worker that begins to reason behind the text: a clean error", async () => {
  const { taken, body } = await scripted(
    role([1, 2]) + said("Well", 5),
    role([1, 2, 5]) + chunk({ reasoning: "Hm" }, { token_ids: [7] }),
    {},
  );
  assert.deepEqual([taken.text, taken.errors.length, taken.done], ["Well", 1, 1]);
  assert.ok(!body.includes("Hm"));
});

test("reasoning that the client has: a clean error, and no other worker is asked", async () => {
  const { taken, bodies } = await scripted(role([1, 2]) + chunk({ reasoning: "Hm" }, { token_ids: [5] }), "", {});
  assert.deepEqual([taken.errors.length, taken.done, bodies.length], [1, 1, 1]);
});
