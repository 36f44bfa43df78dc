// Probes of tools and structured output. A random model would not write JSON by itself: biases lead it through the grammar.
import assert from "node:assert/strict";
import { bodyOf, eventsOf } from "../answer.ts";
import type { Answer } from "../http.ts";
import { probes } from "../probe.ts";
import { CHAT, chat } from "./requests.ts";

const SCHEMA = {
  type: "object",
  properties: { a: { type: "boolean" }, unit: { enum: ["c", "f"] } },
  required: ["a", "unit"],
  additionalProperties: false,
};

/** Qwen3's tokens of `"{a}:true,"unit":"c"}}`, `</tool_call>` and the end; a line end only where nothing else fits. */
const JSON_TOKENS = [
  1, 25, 64, 66, 90, 92, 788, 1335, 1866, 3252, 3417, 3843, 4913, 9207, 30975, 95642, 96946, 151645, 151658,
];
export const logit_bias = { ...Object.fromEntries(JSON_TOKENS.map((id) => [id, 100])), 198: 50 };

export const TOOL = { type: "function", function: { name: "f", description: "d", parameters: SCHEMA, strict: true } };
export const NAMED = { type: "function", function: { name: "f" } };

function ask(more: object): object {
  return chat({ max_tokens: 100, ignore_eos: undefined, logit_bias, ...more });
}

export function assertFits(text: string): void {
  const value = JSON.parse(text) as { a: unknown; unit: unknown };
  assert.equal(typeof value.a, "boolean");
  assert.ok(value.unit === "c" || value.unit === "f");
  assert.deepEqual(Object.keys(value).toSorted(), ["a", "unit"]);
}

function calls(finish: string): (answer: Answer) => void {
  return (answer) => {
    const choice = bodyOf(answer).at("choices", 0);
    assert.equal(choice.at("finish_reason").value, finish);
    const list = choice.at("message", "tool_calls").list();
    assert.equal(list.length, 1);
    assert.equal(list[0]?.at("function", "name").value, "f");
    assertFits(list[0]?.at("function", "arguments").text() ?? "");
  };
}

function streamsCall(answer: Answer): void {
  const deltas = eventsOf(answer)
    .flatMap((event) => event.at("choices").list())
    .map((choice) => choice.at("delta", "tool_calls", 0))
    .filter(({ value }) => value !== undefined);
  assert.equal(deltas[0]?.at("function", "name").value, "f");
  assertFits(deltas.map((delta) => delta.at("function", "arguments").optionalText()).join(""));
}

function fits(answer: Answer): void {
  const choice = bodyOf(answer).at("choices", 0);
  assert.equal(choice.at("finish_reason").value, "stop");
  assertFits(choice.at("message", "content").text());
}

/** Of the two ends that the model knows the first one. */
export const END = { logit_bias: { 151645: 100 } };
const STREAM = { stream: true };
const JSON_SCHEMA = { type: "json_schema", json_schema: { name: "x", schema: SCHEMA } };

export const toolProbes = probes(
  "tools",
  [
    { name: "required", body: ask({ tools: [TOOL], tool_choice: "required" }), check: calls("tool_calls") },
    {
      name: "required, streamed",
      body: ask({ tools: [TOOL], tool_choice: "required", ...STREAM }),
      check: streamsCall,
    },
    { name: "named", body: ask({ tools: [TOOL], tool_choice: NAMED }), check: calls("stop") },
    { name: "named, streamed", body: ask({ tools: [TOOL], tool_choice: NAMED, ...STREAM }), check: streamsCall },
    { name: "not to be called", body: chat({ tools: [TOOL], tool_choice: "none" }) },
    { name: "not to be called, streamed", body: chat({ tools: [TOOL], tool_choice: "none", ...STREAM }) },
    { name: "empty list", body: chat({ tools: [] }), status: 400 },
    { name: "choice of an unknown kind", body: chat({ tools: [TOOL], tool_choice: "maybe" }), status: 400 },
  ].map((probe) => ({ ...probe, path: CHAT, anyLength: true })),
);

export const structuredProbes = probes(
  "structured output",
  [
    { name: "json_schema", body: ask({ response_format: JSON_SCHEMA, ...END }), check: fits },
    { name: "json_schema, streamed", body: ask({ response_format: JSON_SCHEMA, ...END, ...STREAM }) },
    {
      name: "structured_outputs json",
      body: ask({ structured_outputs: { json: SCHEMA }, ...END }),
      check: fits,
    },
    {
      name: "structured_outputs choice",
      body: ask({ structured_outputs: { choice: ["yes", "no"] }, ...END }),
      check: (answer: Answer) =>
        assert.match(bodyOf(answer).at("choices", 0, "message", "content").text(), /^(yes|no)$/),
    },
    {
      name: "structured_outputs regex",
      body: ask({ structured_outputs: { regex: "[ab]{3}" }, ...END }),
      check: (answer: Answer) =>
        assert.match(bodyOf(answer).at("choices", 0, "message", "content").text(), /^[ab]{3}$/),
    },
    {
      name: "characters of several tokens",
      body: ask({ structured_outputs: { choice: ["naïve 🙂 東京"] }, ...END, ...STREAM }),
    },
    { name: "nothing but the end", body: ask({ ...END, ...STREAM }) },
    { name: "response_format text", body: chat({ response_format: { type: "text" } }) },
    { name: "json_schema without a schema", body: chat({ response_format: { type: "json_schema" } }), status: 400 },
    { name: "response_format unknown", body: chat({ response_format: { type: "xml" } }), status: 400 },
    { name: "two constraints", body: chat({ structured_outputs: { json: SCHEMA, regex: "a" } }), status: 400 },
  ].map((probe) => ({ ...probe, path: CHAT, anyLength: true })),
);
