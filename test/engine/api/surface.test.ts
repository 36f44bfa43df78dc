// The other routes: Anthropic's and the responses API as streams, vectors, development endpoints.
import assert from "node:assert/strict";
import test from "node:test";
import { engineUnderTest } from "./engine-under-test.ts";

const engine = engineUnderTest();
const dev = engineUnderTest({ devMode: true, serverLoadTracking: true, servedModelNames: ["one", "two"] });
const pooler = engineUnderTest({ runner: "pooling" });

interface Event {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly type: string };
}

function named(text: string): Event[] {
  const blocks = text.split("\n\n").filter((block) => block !== "");
  return blocks.map((block) => {
    const match = /^event: (.*)\ndata: (.*)$/.exec(block);
    assert.ok(match, `not a named event: ${block}`);
    return { event: match[1] ?? "", data: JSON.parse(match[2] ?? "") as Event["data"] };
  });
}

/** Names in order, repeats folded. */
function sequence(events: readonly Event[]): string[] {
  return events.map((one) => one.event).filter((name, i, all) => name !== all[i - 1]);
}

const TOOL = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const messages = [{ role: "user", content: "Tell me about rivers" }];
const ask = { model: "tiny", messages, max_tokens: 12, temperature: 0 };

async function json(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>;
}

test("a streamed message has Anthropic's events, and the text of the unary one", async () => {
  const unary = await json(await engine.post("/v1/messages", ask));
  const events = named(await (await engine.post("/v1/messages", { ...ask, stream: true })).text());
  assert.deepEqual(sequence(events), [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  assert.ok(events.every((one) => one.event === one.data.type));
  const text = events.map((one) => (one.data["delta"] as { text?: string } | undefined)?.text ?? "").join("");
  assert.deepEqual(unary["content"], [{ type: "text", text }]);
  assert.equal(unary["stop_reason"], "max_tokens");
});

test("a message calls a tool, unary and streamed", async () => {
  const request = { ...ask, max_tokens: 300, tools: [{ name: "weather", input_schema: TOOL }] };
  const unary = await json(await engine.post("/v1/messages", request));
  assert.equal(unary["stop_reason"], "tool_use");
  const [block] = unary["content"] as { type: string; name: string; input: object }[];
  assert.deepEqual([block?.type, block?.name], ["tool_use", "weather"]);
  const events = named(await (await engine.post("/v1/messages", { ...request, stream: true })).text());
  const parts = events.map((one) => (one.data["delta"] as { partial_json?: string } | undefined)?.partial_json ?? "");
  assert.deepEqual(JSON.parse(parts.join("")), block?.input);
});

test("count_tokens agrees with the usage of the same message", async () => {
  const counted = await json(await engine.post("/v1/messages/count_tokens", { model: "tiny", messages }));
  const { usage } = (await json(await engine.post("/v1/messages", ask))) as { usage: Record<string, number> };
  const { input_tokens = 0, cache_read_input_tokens = 0, cache_creation_input_tokens = 0 } = usage;
  assert.equal(counted["input_tokens"], input_tokens + cache_read_input_tokens + cache_creation_input_tokens);
});

test("a streamed response has OpenAI's events in order and ends with the whole response", async () => {
  const request = { model: "tiny", input: "Tell me about rivers", max_output_tokens: 12, temperature: 0 };
  const unary = (await json(await engine.post("/v1/responses", request))) as {
    output: { content: { text: string }[] }[];
  };
  const events = named(await (await engine.post("/v1/responses", { ...request, stream: true })).text());
  assert.deepEqual(sequence(events), [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  assert.deepEqual(
    events.map((one) => one.data["sequence_number"]),
    events.map((_, i) => i),
  );
  const last = events.at(-1)?.data["response"] as { output: { content: { text: string }[] }[]; status: string };
  assert.equal(last.status, "incomplete");
  assert.equal(last.output[0]?.content[0]?.text, unary.output[0]?.content[0]?.text);
});

test("a response calls a function, unary and streamed", async () => {
  const tools = [{ type: "function", name: "weather", parameters: TOOL }];
  const request = { model: "tiny", input: "Weather?", tools };
  const unary = (await json(await engine.post("/v1/responses", request))) as {
    output: { type: string; arguments: string }[];
  };
  assert.equal(unary.output[0]?.type, "function_call");
  const events = named(await (await engine.post("/v1/responses", { ...request, stream: true })).text());
  const parts = events.filter((one) => one.event === "response.function_call_arguments.delta");
  assert.equal(parts.map((one) => String(one.data["delta"])).join(""), unary.output[0]?.arguments);
});

test("embeddings are unit vectors, equal for equal input, near for near input", async () => {
  const input = ["a quiet river", "a quiet river", "a quiet lake", "stock market crash news"];
  const { data, usage } = (await json(
    await pooler.post("/v1/embeddings", { model: "tiny", input, dimensions: 64 }),
  )) as {
    data: { embedding: number[] }[];
    usage: { prompt_tokens: number };
  };
  const [a = [], b = [], near = [], far = []] = data.map((one) => one.embedding);
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  assert.deepEqual(a, b);
  assert.equal(a.length, 64);
  assert.ok(Math.abs(dot(a, a) - 1) < 1e-4);
  assert.ok(dot(a, near) > dot(a, far));
  assert.ok(usage.prompt_tokens > 4);
  const packed = await json(
    await pooler.post("/v1/embeddings", { input: "a quiet river", dimensions: 64, encoding_format: "base64" }),
  );
  const bytes = Buffer.from((packed["data"] as { embedding: string }[])[0]?.embedding ?? "", "base64");
  assert.ok(Math.abs(bytes.readFloatLE(0) - (a[0] ?? 9)) < 1e-6);
});

test("a model either generates or pools", async () => {
  assert.equal((await engine.post("/v1/embeddings", { input: "x" })).status, 404);
  assert.equal((await pooler.post("/v1/chat/completions", { messages: [] })).status, 404);
});

test("score and rerank order documents", async () => {
  const body = { model: "tiny", query: "quiet river", documents: ["stock market", "a quiet river"] };
  const { results } = (await json(await pooler.post("/v1/rerank", body))) as { results: { index: number }[] };
  assert.equal(results[0]?.index, 1);
  const scored = await pooler.post("/score", { text_1: "quiet river", text_2: ["stock market", "a quiet river"] });
  assert.equal(((await scored.json()) as { data: object[] }).data.length, 2);
});

test("development endpoints exist in development mode only", async () => {
  for (const path of ["/reset_prefix_cache", "/sleep", "/wake_up", "/pause"])
    assert.equal((await engine.post(path, {})).status, 404);
  for (const path of ["/is_sleeping", "/server_info"]) assert.equal((await engine.get(path)).status, 404);
  assert.equal(await (await dev.post("/reset_prefix_cache", "")).text(), '{"success":true}');
});

test("a reset empties the prefix cache", async () => {
  const prompt = "word ".repeat(200);
  const cached = async (): Promise<number> => {
    const body = { prompt, max_tokens: 1, temperature: 0 };
    const { usage } = (await json(await dev.post("/v1/completions", body))) as {
      usage: { prompt_tokens_details: { cached_tokens: number } };
    };
    return usage.prompt_tokens_details.cached_tokens;
  };
  assert.equal(await cached(), 0);
  assert.ok((await cached()) >= 160);
  await dev.post("/reset_prefix_cache", "");
  assert.equal(await cached(), 0);
});

test("a sleeping engine answers when it has been woken", async () => {
  assert.equal(await (await dev.post("/sleep?level=1", "")).text(), '{"status":"sleeping","level":1}');
  assert.equal(await (await dev.get("/is_sleeping")).text(), '{"is_sleeping":true}');
  const answer = dev.post("/v1/completions", { prompt: "hi", max_tokens: 1 });
  const early = await Promise.race([
    answer.then(() => "answered"),
    new Promise((resolve) => setTimeout(resolve, 50, "silent")),
  ]);
  assert.equal(early, "silent");
  assert.equal(await (await dev.get("/load")).text(), '{"server_load":1}');
  assert.equal(await (await dev.post("/wake_up", "")).text(), '{"status":"awake","tags":null}');
  assert.equal((await answer).status, 200);
});

test("every served name answers, the first one is reported", async () => {
  const { data } = (await json(await dev.get("/v1/models"))) as { data: { id: string }[] };
  assert.deepEqual(
    data.map((one) => one.id),
    ["one", "two"],
  );
  assert.equal((await json(await dev.get("/v1/models/two")))["id"], "two");
  assert.equal((await dev.get("/v1/models/three")).status, 404);
  assert.equal(
    (await json(await dev.post("/v1/completions", { model: "two", prompt: "x", max_tokens: 1 })))["model"],
    "one",
  );
});

test("generate and render need --enable-scale-out", async () => {
  const answer = await engine.post("/inference/v1/generate", { token_ids: [300], sampling_params: {} });
  assert.equal(answer.status, 403);
});

test("small operational routes", async () => {
  assert.equal(await (await engine.get("/version")).text(), '{"version":"0.32.0"}');
  for (const path of ["/health", "/ping"]) {
    const answer = await engine.get(path);
    assert.deepEqual([answer.status, await answer.text()], [200, ""]);
  }
  assert.match(await (await engine.get("/metrics")).text(), /^vllm:num_requests_running\{/m);
});
