// Bodies of /v1/messages and /v1/responses → chat bodies.
import assert from "node:assert/strict";
import { test } from "node:test";
import { anthropicToChat, responsesToChat } from "../../src/tokens/index.ts";

test("Anthropic: system parts are joined, the billing header is left out", () => {
  const system = [
    { type: "text", text: "x-anthropic-billing-header: abc" },
    { type: "text", text: "A" },
    { type: "text", text: "B" },
  ];
  const messages = [
    { role: "system", content: "C" },
    { role: "user", content: "Hi" },
  ];
  assert.deepEqual(anthropicToChat({ model: "m", system, messages }), {
    model: "m",
    messages: [
      { role: "system", content: "ABC" },
      { role: "user", content: "Hi" },
    ],
  });
});

test("Anthropic: tool use, tool results, thinking, images", () => {
  const messages = [
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "text", text: "calling" },
        { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "t1",
          content: [
            { type: "text", text: "x" },
            { type: "text", text: "y" },
          ],
        },
      ],
    },
    {
      role: "user",
      content: [
        { type: "text", text: "see" },
        { type: "image", source: {} },
      ],
    },
  ];
  const tools = [{ name: "f", description: "d", input_schema: { type: "object" } }];
  const chat = anthropicToChat({ messages, tools });
  assert.deepEqual(chat["messages"], [
    {
      role: "assistant",
      reasoning: "hm",
      content: "calling",
      tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
    },
    { role: "tool", tool_call_id: "t1", content: "x\ny" },
    { role: "user", content: [{ type: "text", text: "see" }, { type: "image_url" }] },
  ]);
  assert.deepEqual(chat["tools"], [
    {
      type: "function",
      function: { name: "f", description: "d", parameters: { type: "object" }, defer_loading: undefined },
    },
  ]);
});

test("Responses: items of one turn become one message", () => {
  const input = [
    { role: "user", content: [{ type: "input_text", text: "Hi" }] },
    { type: "reasoning", content: [{ type: "reasoning_text", text: "hm" }] },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "ok" }] },
    { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
    { type: "function_call", call_id: "c2", name: "g", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "1" },
  ];
  const call = (id: string, name: string) => ({ id, type: "function", function: { name, arguments: "{}" } });
  const chat = responsesToChat({
    model: "m",
    instructions: "S",
    input,
    tools: [{ type: "function", name: "f", parameters: {} }],
  });
  assert.deepEqual(chat?.["messages"], [
    { role: "system", content: "S" },
    input[0],
    { role: "assistant", reasoning: "hm", content: "ok", tool_calls: [call("c1", "f"), call("c2", "g")] },
    { role: "tool", content: "1", tool_call_id: "c1" },
  ]);
  assert.deepEqual(chat?.["tools"], [{ type: "function", function: { name: "f", parameters: {} } }]);
  assert.equal(chat?.["add_generation_prompt"], true);
});

test("Responses: an unfinished last message is continued, an earlier response is not known", () => {
  const last = {
    type: "message",
    role: "assistant",
    status: "incomplete",
    content: [{ type: "output_text", text: "On" }],
  };
  const chat = responsesToChat({ input: [{ role: "user", content: "Hi" }, last] });
  assert.equal(chat?.["continue_final_message"], true);
  assert.equal(chat?.["add_generation_prompt"], false);
  assert.equal(responsesToChat({ input: "x", previous_response_id: "r" }), undefined);
});
