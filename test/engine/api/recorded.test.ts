// The simulated engine against recordings of a real vLLM 0.32: same names, order, chunks and error texts.
import assert from "node:assert/strict";
import test from "node:test";
import { engineUnderTest } from "./engine-under-test.ts";
import { noFixtures, payloads, recordedAnswer, recordedRequest, shapeOf } from "./fixtures.ts";
import { exchangeBytes, postText } from "./raw-http.ts";

const engine = engineUnderTest({ schedulingPolicy: "priority", scaleOut: true });

const CHAT = "/v1/chat/completions";
const UNARY: readonly (readonly [string, string])[] = [
  ["chat_basic", CHAT],
  ["chat_logprobs", CHAT],
  ["chat_kv_transfer_params", CHAT],
  ["chat_max_completion_tokens", CHAT],
  ["chat_priority", CHAT],
  ["chat_return_token_ids", CHAT],
  ["chat_unknown_field", CHAT],
  ["chat_user_list", CHAT],
  ["chat_json_schema", CHAT],
  ["chat_drop_nonascii_stop", CHAT],
  ["err_model_omitted", CHAT],
  ["err_bad_role", CHAT],
  ["completion_basic", "/v1/completions"],
  ["completion_cached_1", "/v1/completions"],
  ["completion_cache_salt", "/v1/completions"],
  ["completion_echo_batch", "/v1/completions"],
  ["completion_tokens_prompt", "/v1/completions"],
  ["messages", "/v1/messages"],
  ["responses", "/v1/responses"],
  ["tokenize", "/tokenize"],
  ["tokenize_chat", "/tokenize"],
  ["detokenize", "/detokenize"],
  ["generate", "/inference/v1/generate"],
];

for (const [name, path] of UNARY) {
  test(`${name} has vLLM's members in vLLM's order`, { skip: noFixtures }, async () => {
    const recorded = recordedAnswer(name);
    const answer = await engine.post(path, asRecorded(name));
    assert.equal(answer.status, 200);
    assert.deepEqual(shapeOf(await answer.json()), shapeOf(JSON.parse(recorded.body)));
  });
}

const STREAMS: readonly (readonly [string, string])[] = [
  ["chat_stream_usage", CHAT],
  ["chat_stream_nousage", CHAT],
  ["chat_stream_continuous", CHAT],
  ["chat_stream_return_token_ids", CHAT],
  ["completion_stream", "/v1/completions"],
];

const IGNORE_END: Readonly<Record<string, true>> = { chat_stream_nousage: true, chat_stream_continuous: true };

for (const [name, path] of STREAMS) {
  test(`${name} has vLLM's chunks`, { skip: noFixtures }, async () => {
    const recorded = payloads(recordedAnswer(name).body);
    const request: unknown = IGNORE_END[name]
      ? streamRequest(recorded.length - 2 - (name === "chat_stream_continuous" ? 1 : 0), name)
      : JSON.parse(asRecorded(name));
    const answer = await engine.post(path, request);
    const events = payloads(await answer.text());
    assert.deepEqual(events.map(eventShape), recorded.map(eventShape));
  });
}

const SAMPLED = new Set(["responses", "messages", "completion_stream", "completion_cached_1", "completion_cache_salt"]);

/** A sampled answer may end by chance before its limit, a recorded one that ran into it did not. */
function asRecorded(name: string): string {
  const request = recordedRequest(name);
  return SAMPLED.has(name) ? JSON.stringify({ ...JSON.parse(request), temperature: 0 }) : request;
}

function streamRequest(tokens: number, name: string): unknown {
  const messages = [{ role: "user", content: "Say hi" }];
  const continuous = { stream_options: { include_usage: true, continuous_usage_stats: true } };
  const options = name === "chat_stream_continuous" ? continuous : {};
  return { model: "tiny", messages, max_tokens: tokens, ignore_eos: true, stream: true, ...options };
}

function eventShape(payload: string): unknown {
  return payload === "[DONE]" ? payload : shapeOf(JSON.parse(payload));
}

test("n = 2 streams both roles first and counts both choices", { skip: noFixtures }, async () => {
  const recorded = payloads(recordedAnswer("chat_n2_stream").body);
  const answer = await engine.post(CHAT, recordedRequest("chat_n2_stream"));
  const events = payloads(await answer.text());
  const sorted = (list: readonly string[]): string[] => list.map((one) => JSON.stringify(eventShape(one))).toSorted();
  assert.deepEqual(sorted(events), sorted(recorded));
  assert.deepEqual(events.slice(0, 2).map(eventShape), recorded.slice(0, 2).map(eventShape));
  const usage = (payload: string | undefined): unknown =>
    (JSON.parse(payload ?? "{}") as { usage: { completion_tokens: number } }).usage.completion_tokens;
  assert.equal(usage(events.at(-2)), 4);
});

const ERRORS: readonly (readonly [string, string])[] = [
  ["err_cache_salt_empty", CHAT],
  ["err_completion_max_tokens_neg", "/v1/completions"],
  ["err_image", CHAT],
  ["err_bad_schema", CHAT],
  ["err_empty_body", CHAT],
  ["err_invalid_json", CHAT],
  ["err_max_tokens_0", CHAT],
  ["err_max_tokens_neg", CHAT],
  ["err_messages_empty", CHAT],
  ["err_missing_messages", CHAT],
  ["err_n0", CHAT],
  ["err_prompt_plus_max_too_long", CHAT],
  ["err_prompt_too_long", CHAT],
  ["err_completion_too_long", "/v1/completions"],
  ["err_stream_options_nostream", CHAT],
  ["err_temp_neg", CHAT],
  ["err_top_p_2", CHAT],
  ["err_unknown_model", CHAT],
  ["err_unknown_model_stream", CHAT],
  ["err_wrong_type", CHAT],
];

for (const [name, path] of ERRORS) {
  test(`${name} is vLLM's literal answer`, { skip: noFixtures }, async () => {
    const recorded = recordedAnswer(name);
    const answer = await engine.post(path, recordedRequest(name));
    assert.equal(await answer.text(), recorded.body);
    assert.equal(answer.status, recorded.status);
  });
}

test("err_logit_bias_bad differs in the size of the vocabulary only", { skip: noFixtures }, async () => {
  const answer = await engine.post(CHAT, recordedRequest("err_logit_bias_bad"));
  const size = (text: string): string => text.replace(/Vocabulary size: \d+/, "Vocabulary size: N");
  assert.equal(size(await answer.text()), size(recordedAnswer("err_logit_bias_bad").body));
});

test("a wrong content type, path and method are answered as vLLM does", { skip: noFixtures }, async () => {
  const wrongType = await engine.post(CHAT, "x=1", { "content-type": "application/x-www-form-urlencoded" });
  assert.equal(await wrongType.text(), recordedAnswer("err_wrong_ct").body);
  const unknown = await engine.get("/nope");
  assert.equal(`${unknown.status} ${await unknown.text()}`, `404 ${recordedAnswer("err_404").body}`);
  const method = await engine.get(CHAT);
  assert.equal(`${method.status} ${await method.text()}`, `405 ${recordedAnswer("err_405").body}`);
  assert.equal(method.headers.get("allow"), "POST");
});

test("the headers of a unary answer have vLLM's names, case and order", { skip: noFixtures }, async () => {
  const text = await exchangeBytes(engine.server.port, postText(CHAT, recordedRequest("chat_basic")), complete);
  assert.deepEqual(
    headerNames(text),
    recordedAnswer("chat_basic").headers.map(([name]) => name),
  );
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(text, /\r\nserver: uvicorn\r\n/);
});

test(
  "the headers of a stream have vLLM's names, case and order, one HTTP chunk an event",
  { skip: noFixtures },
  async () => {
    const request = postText(CHAT, recordedRequest("chat_stream_usage"));
    const text = await exchangeBytes(engine.server.port, request, (all) => all.includes("\r\n0\r\n\r\n"));
    assert.deepEqual(
      headerNames(text),
      recordedAnswer("chat_stream_usage").headers.map(([name]) => name),
    );
    const chunks = text.slice(text.indexOf("\r\n\r\n") + 4).match(/[0-9a-f]+\r\ndata: [^\r]*\n\n\r\n/g);
    assert.equal(chunks?.length, 6);
  },
);

function complete(text: string): boolean {
  const { length } = text;
  const head = text.indexOf("\r\n\r\n");
  const size = /content-length: (\d+)/.exec(text)?.[1];
  return head > 0 && size !== undefined && Buffer.byteLength(text) >= head + 4 + Number(size) && length > 0;
}

function headerNames(text: string): string[] {
  const lines = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n").slice(1);
  return lines.map((line) => line.slice(0, line.indexOf(":")));
}
