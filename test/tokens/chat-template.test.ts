// Chat templates: what they are given, what becomes of their errors, and messages that are continued.
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinTextModel, chatTemplate, renderChatText } from "../../src/tokens/index.ts";
import { qwen3Config } from "./qwen3.ts";

const builtin = builtinTextModel();
const user = { role: "user", content: "Hi" };

function modelWith(source: string, tokens = {}) {
  return { ...builtin, template: chatTemplate(source, "test", tokens) };
}

test("the built-in template writes ChatML, tools as JSON in the system turn", () => {
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" }, extra: 1 } }];
  const call = { id: "1", type: "function", function: { name: "f", arguments: '{"a": 1}' } };
  const messages = [
    { role: "system", content: "S" },
    user,
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "1", content: "42" },
  ];
  const text = renderChatText({ messages, tools }, builtin);
  assert.ok(text.startsWith("<|begin_of_text|><|im_start|>system\nS\n\n# Tools\n"));
  assert.ok(
    text.includes(
      '{"type": "function", "function": {"name": "f", "description": null, "parameters": {"type": "object"}}}\n',
    ),
  );
  assert.ok(
    text.endsWith(
      "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n" +
        '<|im_start|>assistant\n<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call><|im_end|>\n' +
        "<|im_start|>tool\n42<|im_end|>\n<|im_start|>assistant\n",
    ),
  );
});

test("a longer conversation begins with the text of the shorter one", () => {
  const short = renderChatText({ messages: [user], add_generation_prompt: false }, builtin);
  const long = renderChatText({ messages: [user, { role: "assistant", content: " ok" }, user] }, builtin);
  assert.ok(long.startsWith(short));
});

test("a real template: Qwen3 with tools, thinking switched off", () => {
  const model = modelWith(String(qwen3Config()["chat_template"]), { eos_token: "<|im_end|>" });
  const text = renderChatText({ messages: [user], chat_template_kwargs: { enable_thinking: false } }, model);
  assert.equal(text, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
  const tools = [{ type: "function", function: { name: "f" } }];
  assert.match(
    renderChatText({ messages: [user], tools }, model),
    /<tools>\n\{"type": "function", "function": \{"name": "f", "description": null/,
  );
});

test("a final message is continued, also by a template that trims", () => {
  const continued = { add_generation_prompt: false, continue_final_message: true };
  const messages = [user, { role: "assistant", content: "Once upon " }];
  assert.ok(renderChatText({ messages, ...continued }, builtin).endsWith("<|im_start|>assistant\nOnce upon "));
  const trims = modelWith("{% for m in messages %}[{{ m.content | trim }}]{% endfor %}");
  assert.equal(renderChatText({ messages, ...continued }, trims), "[Hi][Once upon");
  const blind = modelWith("{{ messages | length }}");
  assert.throws(() => renderChatText({ messages, ...continued }, blind), /cannot be continued/);
});

test("variables: tokens, documents, reasoning effort, chat_template_kwargs", () => {
  const model = modelWith("{{ bos_token }}{{ documents[0].text }}{{ reasoning_effort }}{{ x }}{{ tools is none }}", {
    bos_token: "<s>",
  });
  const body = {
    messages: [user],
    documents: [{ text: "D" }],
    reasoning_effort: "low",
    chat_template_kwargs: { x: 7 },
  };
  assert.equal(renderChatText(body, model), "<s>Dlow7true");
});

test("content format: text parts are joined, or handed over as a list where the template loops over them", () => {
  const parts = [
    { type: "text", text: "a" },
    { type: "text", text: "" },
    { type: "text", text: "b" },
  ];
  const messages = [{ role: "user", content: parts }];
  const plain = modelWith("{{ messages[0].content }}");
  assert.equal(plain.template.contentFormat, "string");
  assert.equal(renderChatText({ messages }, plain), "a\nb");
  for (const content of ["message.content", "message['content']"]) {
    const loops = modelWith(
      `{% for message in messages %}{% for part in ${content} %}<{{ part.text }}>{% endfor %}{% endfor %}`,
    );
    assert.equal(loops.template.contentFormat, "openai");
    assert.equal(renderChatText({ messages }, loops), "<a><><b>");
  }
  const assigned = chatTemplate("{%- set c = m.content -%}{%- for p in c -%}{%- endfor -%}", "test");
  assert.equal(assigned.contentFormat, "openai");
});

test("tool arguments that are no JSON become an empty object, reasoning goes under both names", () => {
  const model = modelWith(
    "{{ messages[0].tool_calls[0].function.arguments | tojson }}{{ messages[0].reasoning_content }}",
  );
  const call = { function: { name: "f", arguments: "{broken" } };
  assert.equal(renderChatText({ messages: [{ role: "assistant", tool_calls: [call], reasoning: "R" }] }, model), "{}R");
});

test("a template that refuses or fails, or cannot be compiled, gives an error with a code", () => {
  const refuses = modelWith("{{ raise_exception('roles must alternate') }}");
  assert.throws(() => renderChatText({ messages: [user] }, refuses), {
    code: "SWG_TEMPLATE_FAILED",
    message: "roles must alternate",
  });
  assert.throws(() => renderChatText({ messages: [user] }, modelWith("{{ messages | nosuchfilter }}")), {
    code: "SWG_TEMPLATE_FAILED",
  });
  assert.throws(() => chatTemplate("{% if %}", "broken.jinja"), {
    code: "SWG_TEMPLATE_INVALID",
    message: /broken\.jinja/,
  });
});
