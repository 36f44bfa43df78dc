// Request bodies of every API → token ids, or the reason why there are none.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { builtinTextModel, chatTemplate, type PromptKind, renderPrompt } from "../../src/tokens/index.ts";

const text = builtinTextModel();
const { tokenizer } = text;

function idsOf(kind: PromptKind, body: Record<string, unknown>): number[][] | string {
  const rendered = renderPrompt({ kind, body, text });
  return rendered.prompts === undefined ? rendered.fault : rendered.prompts.map((ids) => [...ids]);
}

test("completions: text, texts, ids, lists of ids", () => {
  const hi = tokenizer.encode("Hi");
  assert.deepEqual(idsOf("completions", { prompt: "Hi" }), [hi]);
  assert.deepEqual(idsOf("completions", { prompt: ["Hi", "Hi"] }), [hi, hi]);
  assert.deepEqual(idsOf("completions", { prompt: [1, 2, 3] }), [[1, 2, 3]]);
  assert.deepEqual(idsOf("completions", { prompt: [[1], [2, 3]] }), [[1], [2, 3]]);
  assert.deepEqual(idsOf("completions", { prompt: "Hi", add_special_tokens: false }), [hi.slice(1)]);
  assert.deepEqual(idsOf("embeddings", { input: ["Hi"] }), [hi]);
});

test("truncation keeps the end, or the beginning when asked", () => {
  const prompt = [1, 2, 3, 4];
  assert.deepEqual(idsOf("completions", { prompt, truncate_prompt_tokens: 2 }), [[3, 4]]);
  assert.deepEqual(idsOf("completions", { prompt, truncate_prompt_tokens: 2, truncation_side: "right" }), [[1, 2]]);
  assert.deepEqual(idsOf("completions", { prompt, truncate_prompt_tokens: -1 }), [prompt]);
});

test("bodies that vLLM refuses, and content that no text stands for", () => {
  for (const prompt of [undefined, null, 7, {}, [], [1.5], [-1], ["a", 1], [[]], [["a"]]]) {
    assert.equal(idsOf("completions", { prompt }), "request", JSON.stringify(prompt));
  }
  assert.equal(idsOf("completions", { prompt_embeds: "AAAA" }), "content");
  assert.equal(idsOf("chat", {}), "request");
  assert.equal(idsOf("chat", { messages: [] }), "request");
  const image = [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:" } }] }];
  assert.equal(idsOf("chat", { messages: image }), "content");
  assert.equal(idsOf("chat", { messages: [{ role: "user", content: "x" }], chat_template: "{{ 1 }}" }), "content");
  assert.equal(idsOf("chat", { messages: ["x"] }), "content");
  assert.equal(idsOf("responses", { input: "x", previous_response_id: "resp_1" }), "content");
});

test("a chat prompt is not given a second begin token", () => {
  const [ids] = idsOf("chat", { messages: [{ role: "user", content: "Hi" }] }) as number[][];
  const begin = tokenizer.idOf("<|begin_of_text|>");
  assert.equal(ids?.filter((id) => id === begin).length, 1);
});

test("ids handed over by a prefill leg replace the messages", () => {
  const messages = [{ role: "user", content: "Hi" }];
  assert.deepEqual(idsOf("chat", { messages, kv_transfer_params: { prompt_token_ids: [5, 6] } }), [[5, 6]]);
});

test("messages and responses bodies give the ids of the chat body that vLLM makes of them", () => {
  const chat = idsOf("chat", {
    messages: [
      { role: "system", content: "S" },
      { role: "user", content: "Hi" },
    ],
  });
  assert.deepEqual(idsOf("messages", { system: "S", messages: [{ role: "user", content: "Hi" }] }), chat);
  assert.deepEqual(idsOf("responses", { instructions: "S", input: "Hi" }), chat);
});

test("a refusal of the template carries its words apart from the reason", () => {
  const template = chatTemplate("{{ raise_exception('secret: ' + messages[0].content) }}", "test");
  const body = { messages: [{ role: "user", content: "prompt" }] };
  const rendered = renderPrompt({ kind: "chat", body, text: { tokenizer, template } });
  assert.deepEqual(rendered, { unsupported: "the chat template failed", fault: "template", detail: "secret: prompt" });
  const none = renderPrompt({ kind: "chat", body, text: { tokenizer, template: undefined } });
  assert.equal(none.unsupported !== undefined && none.fault, "template");
});

test("texts beyond the limit are not tokenised", () => {
  const body = { prompt: ["x".repeat(60), "y".repeat(60)], messages: [{ role: "user", content: "z".repeat(101) }] };
  for (const kind of ["completions", "chat"] as const) {
    const rendered = renderPrompt({ kind, body, text, maxCharacters: 100 });
    assert.equal(rendered.unsupported !== undefined && rendered.fault, "length");
  }
});

test("no body whatever makes it throw", () => {
  const kinds = fc.constantFrom<PromptKind>("chat", "completions", "embeddings", "messages", "responses");
  const part = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        type: fc.constantFrom("text", "tool_use", "tool_result", "image"),
        text: fc.jsonValue(),
        content: fc.jsonValue(),
        input: fc.jsonValue(),
      },
      { requiredKeys: ["type"] },
    ),
  );
  const message = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        role: fc.constantFrom("user", "assistant", "tool", "system"),
        content: fc.oneof(fc.string(), fc.array(part)),
        tool_calls: fc.jsonValue(),
      },
      { requiredKeys: ["role"] },
    ),
  );
  const body = fc.record(
    {
      messages: fc.oneof(fc.jsonValue(), fc.array(message)),
      input: fc.oneof(fc.jsonValue(), fc.array(message)),
      prompt: fc.jsonValue(),
      system: fc.jsonValue(),
      tools: fc.jsonValue(),
      continue_final_message: fc.boolean(),
      truncate_prompt_tokens: fc.jsonValue(),
      kv_transfer_params: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(kinds, body, (kind, value) => {
      const rendered = renderPrompt({ kind, body: value, text });
      assert.ok(rendered.prompts === undefined ? rendered.fault : rendered.prompts.length > 0);
    }),
    { numRuns: 2000 },
  );
});
