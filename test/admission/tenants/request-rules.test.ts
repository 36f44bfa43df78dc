// What a tenant may not ask whatever it has used, and what a request costs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { costOf } from "../../../src/admission/tenants/cost.ts";
import { breachOf, type Wish } from "../../../src/admission/tenants/request-rules.ts";

const WISH: Wish = { models: ["alias", "m"], fields: {}, maxTokens: 10, n: 1, inputTokens: 90, exact: true };
const code = (limits: Parameters<typeof breachOf>[0], wish: Partial<Wish> = {}) =>
  breachOf(limits, { ...WISH, ...wish })?.code;

test("models by any of their names, parameters, output and context: each has its limit and its code", () => {
  assert.equal(code({}), undefined);
  assert.equal(code({ models: ["m"] }), undefined);
  assert.equal(code({ models: [] }), "model_not_found");
  assert.equal(breachOf({ models: ["other"] }, WISH)?.status, 404);
  assert.equal(code({ denyParameters: ["logprobs"] }), undefined);
  assert.equal(code({ denyParameters: ["logprobs"] }, { fields: { logprobs: null } }), "parameter_not_allowed");
  assert.equal(code({ denyParameters: ["toString"] }), undefined, "only what the body itself has");
  assert.equal(code({ maxOutputTokens: 10 }), undefined);
  assert.equal(code({ maxOutputTokens: 9 }), "max_output_tokens_exceeded");
  assert.equal(code({ maxContextTokens: 100 }), undefined);
  assert.equal(code({ maxContextTokens: 99 }), "context_length_exceeded");
  assert.equal(code({ maxContextTokens: 99 }, { exact: false }), undefined, "an estimate refuses nobody");
});

test("cost in billionths: cached tokens by their own price, never more of them than the prompt has, rounded up", () => {
  const price = { inputPerMillion: 2, cachedPerMillion: 0.5, outputPerMillion: 8 };
  assert.equal(
    costOf(price, { inputTokens: 100, cachedTokens: 40, outputTokens: 10 }),
    60 * 2000 + 40 * 500 + 10 * 8000,
  );
  assert.equal(costOf(price, { inputTokens: 10, cachedTokens: 40, outputTokens: 0 }), 10 * 500);
  const plain = { inputPerMillion: 0.0001, outputPerMillion: 0 };
  assert.equal(costOf(plain, { inputTokens: 1, cachedTokens: 1, outputTokens: 0 }), 1);
  assert.equal(
    costOf({ ...plain, inputPerMillion: 1e6 }, { inputTokens: 1e15, cachedTokens: 0, outputTokens: 0 }),
    Number.MAX_SAFE_INTEGER,
  );
  assert.equal(costOf(undefined, { inputTokens: 9, cachedTokens: 0, outputTokens: 9 }), 0);
});
