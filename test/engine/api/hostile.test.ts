// Whatever a client sends: an answer with a status, and the engine lives.
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseJson } from "../../../src/engine/api/python-json.ts";
import { ApiError } from "../../../src/engine/api/api-error.ts";
import { engineUnderTest } from "./engine-under-test.ts";

const engine = engineUnderTest();

function faultOf(text: string): string {
  try {
    parseJson(text);
  } catch (thrown) {
    assert.ok(thrown instanceof ApiError);
    const { message } = (JSON.parse(thrown.reply.body) as { error: { message: string } }).error;
    return /'loc': 'body\.(\d+)'.*'error': '(.*)'\}\}$/s.exec(message)?.slice(1).join(" ") ?? message;
  }
  return "none";
}

// The right column is what CPython's json.loads says.
const FAULTS: readonly (readonly [string, string])[] = [
  ["{", "1 Expecting property name enclosed in double quotes"],
  ['{"a"', "4 Expecting ':' delimiter"],
  ['{"a":', "5 Expecting value"],
  ['{"a":1', "6 Expecting ',' delimiter"],
  ['{"a":1}x', "7 Extra data"],
  ["[1 2]", "3 Expecting ',' delimiter"],
  ['"abc', "0 Unterminated string starting at"],
  ['["a\nb"]', "3 Invalid control character at"],
  ["nul", "0 Expecting value"],
  ["{'a':1}", "1 Expecting property name enclosed in double quotes"],
];

for (const [text, fault] of FAULTS)
  test(`${JSON.stringify(text)} is told as Python tells it`, () => assert.equal(faultOf(text), fault));

test("any text either parses or is refused with a place", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => text.slice(0, -1)),
      ),
      (text) => {
        assert.match(faultOf(text), /^(none|\d+ .*)$/s);
      },
    ),
  );
});

test("a body nested too deep is refused, and the engine lives", async () => {
  const answer = await engine.post("/v1/chat/completions", "[".repeat(200_000));
  assert.equal(answer.status, 400);
  assert.equal((await engine.get("/health")).status, 200);
});

const FIELDS = [
  "messages",
  "prompt",
  "max_tokens",
  "n",
  "stop",
  "temperature",
  "tools",
  "tool_choice",
  "response_format",
  "stream",
  "stream_options",
  "logprobs",
  "top_logprobs",
  "seed",
  "logit_bias",
  "cache_salt",
  "min_tokens",
  "input",
  "token_ids",
  "sampling_params",
  "text",
  "structured_outputs",
  "echo",
  "truncate_prompt_tokens",
  "stop_token_ids",
  "model",
] as const;
const PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/tokenize", "/detokenize"];

test("any body gets an answer below 500", { timeout: 20_000 }, async () => {
  const small = fc.oneof(
    fc.integer({ min: -2, max: 3 }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant({ role: "user", content: "x" }))),
    fc.constantFrom<unknown>([{ role: "user", content: "x" }], { type: "json_object" }, { include_usage: true }, {}),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const body = fc.dictionary(fc.constantFrom(...FIELDS), small, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), body, async (path, fields) => {
      const answer = await engine.post(path, JSON.stringify({ ...fields, max_tokens: fields["max_tokens"] ?? 3 }));
      const text = await answer.text();
      assert.ok(answer.status < 500, `${answer.status} ${text}`);
    }),
    { numRuns: 250 },
  );
});
