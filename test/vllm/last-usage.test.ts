// Usage read from the end of a body is the usage that a parse of the whole body finds.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readTokenUsage } from "../../src/vllm/index.ts";
import { lastUsage } from "../../src/vllm/last-usage.ts";
import { tokenUsageOf } from "../../src/vllm/token-usage.ts";

const count = fc.oneof(fc.nat(1000), fc.constantFrom(null, -1, 1.5, "7"));
const usage = fc.oneof(
  fc.record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: fc.constantFrom(null, { cached_tokens: 3 }),
    },
    { requiredKeys: [] },
  ),
  fc.record(
    { input_tokens: count, output_tokens: count, usage: fc.constant({ prompt_tokens: 5 }) },
    { requiredKeys: [] },
  ),
  fc.constantFrom(null, 5, "usage", []),
);
/** Texts and keys that look like what is searched for. */
const trap = fc.constantFrom(
  '"usage":{"prompt_tokens":1}',
  '\\"usage":',
  'a"usage":{',
  "usage",
  '","usage":{',
  "é 日本",
  "}]",
  "\\",
);
const value = fc.oneof(
  trap,
  usage,
  fc.record({ usage }),
  fc.array(fc.record({ usage })),
  fc.jsonValue({ maxDepth: 2 }),
);
const key = fc.oneof(fc.constantFrom("usage", "response", "message", "choices"), trap, fc.string());
/** Written member by member, so that keys occur twice and with space around them. */
const own = fc.record({ key: fc.constant("usage"), value: usage });
const member = fc.tuple(
  fc.oneof(own, own, fc.record({ key, value })),
  fc.constantFrom(":", ":", ": ", " :"),
  fc.constantFrom("", "", " "),
);
const body = fc
  .array(member, { maxLength: 4 })
  .map((members) =>
    members.map(([one, colon, gap]) => `${gap}${JSON.stringify(one.key)}${colon}${JSON.stringify(one.value)}`),
  )
  .map((members) => `{${members.join(",")}}`);

test("the end of a body says what the whole body says", () => {
  let direct = 0;
  const same = fc.property(body, fc.constantFrom("", "", "", "\n", "}", "]"), fc.boolean(), (text, end, asText) => {
    let whole: unknown;
    try {
      whole = tokenUsageOf(JSON.parse(text + end));
    } catch {
      whole = undefined;
    }
    const given = asText ? text + end : Buffer.from(text + end);
    if (lastUsage(given) !== undefined) direct++;
    assert.deepEqual(readTokenUsage(given), whole);
  });
  fc.assert(same, { numRuns: 3000 });
  assert.ok(direct > 100, `${direct} bodies were read from their end`);
});

test("a vLLM body is read from its end, however long it is", () => {
  const tail = '"usage":{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3,"prompt_tokens_details":null}';
  const text = `{"choices":[{"message":{"content":"${"x".repeat(10_000)}"}}],${tail},"prompt_logprobs":null,"kv_transfer_params":null}`;
  assert.deepEqual(lastUsage(Buffer.from(text)), JSON.parse(`{${tail}}`).usage);
  assert.deepEqual(readTokenUsage(Buffer.from(text)), {
    promptTokens: 9,
    completionTokens: 3,
    cachedTokens: undefined,
  });
});

test("a usage beyond the end is found by the whole parse", () => {
  const text = `{"usage":{"prompt_tokens":9},"choices":["${"x".repeat(10_000)}"]}`;
  assert.equal(readTokenUsage(Buffer.from(text))?.promptTokens, 9);
});
