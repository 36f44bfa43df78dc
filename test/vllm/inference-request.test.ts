// The body of a request is read leniently where vLLM is lenient and refused with its fault where it is not JSON.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SwitchgearError } from "../../src/core/index.ts";
import { type InferenceRequest, parseInferenceRequest, type RequestHeaders, sessionKey } from "../../src/vllm/index.ts";

const parse = (body: unknown): InferenceRequest =>
  parseInferenceRequest(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

test("what the gateway looks at is read", () => {
  const request = parse({
    model: "m",
    stream: true,
    stream_options: { include_usage: true, continuous_usage_stats: false },
    n: 2,
    max_tokens: 5,
    max_completion_tokens: 7,
    user: "u",
    prompt_cache_key: "k",
    session_id: "s",
    request_id: "r",
    cache_salt: "c",
    priority: -1,
    return_token_ids: true,
  });
  const { fields, ...read } = request;
  assert.deepEqual(read, {
    model: "m",
    stream: true,
    includeUsage: true,
    continuousUsage: false,
    n: 2,
    maxTokens: 7,
    user: "u",
    promptCacheKey: "k",
    sessionId: "s",
    requestId: "r",
    cacheSalt: "c",
    priority: -1,
    returnTokenIds: true,
  });
  assert.equal(fields["max_tokens"], 5);
});

test("the last of duplicate keys counts", () => {
  assert.equal(parse('{"model":"a","model":"b"}').model, "b");
});

test("a boolean in pydantic's lenient spellings is one", () => {
  for (const yes of [true, 1, "true", "True", "yes", "on", "1", "t", "y"])
    assert.equal(parse({ stream: yes }).stream, true, String(yes));
  for (const no of [false, 0, null, "false", "", "off", 2, []])
    assert.equal(parse({ stream: no }).stream, false, String(no));
});

test("wrong types of fields that decide nothing here are the worker's matter", () => {
  const request = parse({ n: "x", max_tokens: {}, user: 5, stream_options: 7, priority: 1.5 });
  assert.deepEqual(
    [request.n, request.maxTokens, request.user, request.includeUsage, request.priority],
    [1, undefined, undefined, false, undefined],
  );
});

test("prototype keys change nothing", () => {
  const request = parse('{"__proto__":{"model":"x","stream":true},"constructor":1}');
  assert.equal(request.model, undefined);
  assert.equal(request.stream, false);
  assert.equal(({} as Record<string, unknown>)["stream"], undefined);
});

test("256 levels are read, lists and objects alike, and one more is refused", () => {
  const nested = (levels: number): string => `${'{"a":['.repeat(levels / 2)}1${"]}".repeat(levels / 2)}`;
  assert.doesNotThrow(() => parse(`{"b":${nested(256)}}`));
  assert.throws(() => parse(`{"b":1,"c":[0,${nested(256)}]}`), /deeper than 256/);
});

const refused: [string, string | Buffer, RegExp, string | undefined][] = [
  ["an empty body", "", /empty/, undefined],
  ["broken JSON", '{"model": "m",', /not valid JSON/, "position 14"],
  ["a trailing comma", '{"a":1,}', /not valid JSON/, "position 7"],
  ["a list", "[]", /an array/, undefined],
  ["a string", '"x"', /a string/, undefined],
  ["null", "null", /null/, undefined],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/, undefined],
  ["a model that is a number", '{"model":5}', /model is not a string/, "model"],
  ["a nesting of 100,000 levels", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /deeper than 256/, undefined],
];

for (const [name, body, message, where] of refused) {
  test(`${name} is refused and says why`, () => {
    assert.throws(
      () => parseInferenceRequest(Buffer.from(body)),
      (thrown) =>
        thrown instanceof SwitchgearError &&
        thrown.code === "SWG_REQUEST_INVALID" &&
        message.test(thrown.message) &&
        thrown.details.where === where,
    );
  });
}

test("any bytes give a request or the typed error", () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.dictionary(fc.string(), fc.jsonValue()).map((value) => Buffer.from(JSON.stringify(value))),
  );
  fc.assert(
    fc.property(body, (bytes) => {
      try {
        sessionKey(parseInferenceRequest(bytes), {});
      } catch (thrown) {
        assert.ok(thrown instanceof SwitchgearError && thrown.code === "SWG_REQUEST_INVALID", String(thrown));
      }
    }),
    { numRuns: 500 },
  );
});

const key = (body: unknown, headers: RequestHeaders = {}): string | undefined => sessionKey(parse(body), headers);

test("the session key comes from the header, then session_id, user, prompt_cache_key", () => {
  const body = { session_id: "s", user: "u", prompt_cache_key: "p" };
  assert.equal(key(body, { "x-session-id": "h" }), "session:h");
  assert.equal(key(body, { "x-session-id": "" }), "session:s");
  assert.equal(key({ user: "u", prompt_cache_key: "p" }), "user:u");
  assert.equal(key({ prompt_cache_key: "p" }), "cache:p");
  assert.equal(key({ prompt: "once upon" }), undefined);
  assert.equal(key({ messages: [{ role: "system", content: "s" }] }), undefined);
});

test("later turns of a conversation keep its key; another first user message has another, whatever is shared before it", () => {
  const system = { role: "system", content: "You are a long and shared system prompt." };
  const first = key({ messages: [system, { role: "user", content: "hi" }] });
  assert.match(String(first), /^opening:/);
  const later = [
    system,
    { role: "user", content: "hi" },
    { role: "assistant", content: "yes?" },
    { role: "user", content: "more" },
  ];
  assert.equal(key({ messages: later }), first);
  assert.notEqual(key({ messages: [system, { role: "user", content: "ho" }] }), first);
  assert.notEqual(key({ model: "other", messages: [system, { role: "user", content: "hi" }] }), first);
});

test("responses and messages have a conversation too", () => {
  assert.match(String(key({ input: "hi", instructions: "be brief" })), /^opening:/);
  assert.notEqual(key({ input: "hi" }), key({ input: "ho" }));
  assert.notEqual(
    key({ system: "a", messages: [{ role: "user", content: "x" }] }),
    key({ system: "b", messages: [{ role: "user", content: "x" }] }),
  );
});
