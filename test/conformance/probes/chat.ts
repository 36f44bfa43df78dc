// Probes of /v1/chat/completions: unary and streamed, usage, logprobs, n, ids.
import assert from "node:assert/strict";
import { bodyOf, eventsOf, type Json, payloadsOf } from "../answer.ts";
import type { Answer } from "../http.ts";
import { probes } from "../probe.ts";
import { CHAT, chat, WITH_USAGE } from "./requests.ts";

const PROMPT_IDS = [151644, 872, 198, 45764, 15588, 151645, 198, 151644, 77091, 198];

export const chatProbes = probes("chat", [
  { name: "unary", path: CHAT, body: chat(), check: (answer) => usageIs(bodyOf(answer), 10, 4) },
  {
    name: "finish_reason length",
    path: CHAT,
    body: chat({ max_completion_tokens: 3, max_tokens: undefined }),
    check: (answer) => {
      assert.equal(bodyOf(answer).at("choices", 0, "finish_reason").value, "length");
      usageIs(bodyOf(answer), 10, 3);
    },
  },
  { name: "no model named", path: CHAT, body: chat({ model: undefined }) },
  { name: "unknown field", path: CHAT, body: chat({ not_a_field: { a: 1 } }) },
  { name: "seeded sampling", path: CHAT, body: chat({ temperature: 1, seed: 7 }) },
  {
    name: "a seed beyond doubles",
    path: CHAT,
    body: `{"model":"tiny","seed":9007199254740993,"messages":[{"role":"user","content":"Say hi"}],"max_tokens":3,"temperature":1.0,"ignore_eos":true}`,
  },
  {
    name: "n = 2",
    path: CHAT,
    body: chat({ n: 2, temperature: 1, seed: 3 }),
    check: (answer) => {
      choicesAre(answer, [0, 1]);
      usageIs(bodyOf(answer), 10, 8);
    },
  },
  {
    name: "logprobs",
    path: CHAT,
    body: chat({ logprobs: true, top_logprobs: 2 }),
    check: (answer) => {
      const content = bodyOf(answer).at("choices", 0, "logprobs", "content").list();
      assert.equal(content.length, 4);
      for (const one of content) {
        assert.ok(one.at("logprob").number() <= 0);
        assert.equal(one.at("top_logprobs").list().length, 2);
      }
    },
  },
  { name: "logprobs without top", path: CHAT, body: chat({ logprobs: true }) },
  {
    name: "return_token_ids",
    path: CHAT,
    body: chat({ return_token_ids: true }),
    check: (answer) => {
      assert.deepEqual(bodyOf(answer).at("prompt_token_ids").value, PROMPT_IDS);
      assert.equal(bodyOf(answer).at("choices", 0, "token_ids").list().length, 4);
    },
  },
  {
    name: "content parts",
    path: CHAT,
    body: chat({ messages: [{ role: "user", content: [{ type: "text", text: "Say hi" }] }] }),
  },
  { name: "system, assistant and tool turns", path: CHAT, body: chat({ messages: TURNS() }) },
  {
    name: "continue_final_message",
    path: CHAT,
    body: chat({
      messages: [
        { role: "user", content: "Say hi" },
        { role: "assistant", content: "Hello" },
      ],
      add_generation_prompt: false,
      continue_final_message: true,
      return_token_ids: true,
    }),
  },
  {
    name: "chat_template_kwargs",
    path: CHAT,
    body: chat({ chat_template_kwargs: { enable_thinking: false }, return_token_ids: true }),
  },
  { name: "echo", path: CHAT, body: chat({ echo: true }) },
  { name: "prompt_logprobs", path: CHAT, body: chat({ prompt_logprobs: 1 }) },
  { name: "min_tokens", path: CHAT, body: chat({ min_tokens: 4, ignore_eos: undefined }) },
  {
    name: "logit_bias",
    path: CHAT,
    body: chat({ logit_bias: { 9707: 100 } }),
    check: (answer) =>
      assert.equal(bodyOf(answer).at("choices", 0, "message", "content").value, "HelloHelloHelloHello"),
  },
]);

function TURNS(): object[] {
  return [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
    {
      role: "assistant",
      content: "Hello",
      tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: '{"a": 1}' } }],
    },
    { role: "tool", tool_call_id: "call_1", content: "2" },
  ];
}

export const chatStreamProbes = probes("chat stream", [
  {
    name: "usage not asked for",
    path: CHAT,
    body: chat({ stream: true }),
    check: (answer) => {
      const events = eventsOf(answer);
      endsWithDone(answer);
      assert.deepEqual(events[0]?.at("choices", 0, "delta").value, { role: "assistant", content: "" });
      assert.equal(events.at(-1)?.at("choices", 0, "finish_reason").value, "length");
      assert.ok(events.every((event) => event.at("usage").value === undefined));
      assert.ok(events.at(-1)?.at("system_fingerprint").text());
    },
  },
  {
    name: "usage asked for",
    path: CHAT,
    body: chat(WITH_USAGE),
    check: (answer) => {
      endsWithDone(answer);
      const last = eventsOf(answer).at(-1);
      assert.deepEqual(last?.at("choices").value, []);
      usageIs(last, 10, 4);
    },
  },
  { name: "usage refused", path: CHAT, body: chat({ stream: true, stream_options: { include_usage: false } }) },
  { name: "stream_options null", path: CHAT, body: chat({ stream: true, stream_options: null }) },
  { name: "stream_options a text", path: CHAT, body: chat({ stream: true, stream_options: "x" }), status: 400 },
  { name: "include_usage null", path: CHAT, body: chat({ stream: true, stream_options: { include_usage: null } }) },
  { name: "include_usage a text", path: CHAT, body: chat({ stream: true, stream_options: { include_usage: "yes" } }) },
  {
    name: "include_usage no boolean",
    path: CHAT,
    body: chat({ stream: true, stream_options: { include_usage: 7 } }),
    status: 400,
  },
  { name: "stream as a text", path: CHAT, body: chat({ stream: "true" }) },
  { name: "stream as a number", path: CHAT, body: chat({ stream: 1 }) },
  { name: "stream null", path: CHAT, body: chat({ stream: null }) },
  {
    name: "stream twice, the last one counts",
    path: CHAT,
    body: `{"stream":true,"model":"tiny","messages":[{"role":"user","content":"Say hi"}],"max_tokens":3,"temperature":0,"ignore_eos":true,"stream":false}`,
  },
  {
    name: "stream_options twice, the last one counts",
    path: CHAT,
    body: `{"stream_options":{"include_usage":true},"model":"tiny","messages":[{"role":"user","content":"Say hi"}],"max_tokens":3,"temperature":0,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":false}}`,
  },
  {
    name: "spaced body",
    path: CHAT,
    body: `  {\n "stream" : true , "model" : "tiny" ,\t"messages":[{"role":"user","content":"Say hi"}], "max_tokens": 3, "temperature": 0.0, "ignore_eos": true }\r\n`,
  },
  {
    name: "escaped names",
    path: CHAT,
    body: `{"\\u0073tream":true,"model":"tiny","messages":[{"role":"user","content":"Say hi"}],"max_tokens":3,"temperature":0,"ignore_eos":true}`,
  },
  { name: "empty stream_options", path: CHAT, body: chat({ stream: true, stream_options: {} }) },
  {
    name: "continuous usage",
    path: CHAT,
    body: chat({ stream: true, stream_options: { include_usage: true, continuous_usage_stats: true } }),
    check: (answer) => {
      const counts = eventsOf(answer).map((event) => event.at("usage", "completion_tokens").number());
      assert.deepEqual(
        counts,
        counts.toSorted((a, b) => a - b),
      );
      assert.equal(counts.at(-1), 4);
    },
  },
  {
    name: "continuous usage without include",
    path: CHAT,
    body: chat({ stream: true, stream_options: { continuous_usage_stats: true } }),
  },
  {
    name: "n = 2",
    path: CHAT,
    body: chat({ ...WITH_USAGE, n: 2, temperature: 1, seed: 3 }),
    check: (answer) => {
      const events = eventsOf(answer);
      assert.deepEqual(
        events.slice(0, 2).map((event) => event.at("choices", 0, "index").value),
        [0, 1],
      );
      usageIs(events.at(-1), 10, 8);
    },
  },
  { name: "n = 2 without usage", path: CHAT, body: chat({ stream: true, n: 2, temperature: 1, seed: 3 }) },
  { name: "logprobs", path: CHAT, body: chat({ stream: true, logprobs: true, top_logprobs: 1 }) },
  {
    name: "return_token_ids",
    path: CHAT,
    body: chat({ stream: true, return_token_ids: true }),
    check: (answer) => {
      const [first, ...rest] = eventsOf(answer);
      assert.deepEqual(first?.at("prompt_token_ids").value, PROMPT_IDS);
      const ids = rest.flatMap((event) =>
        event
          .at("choices", 0, "token_ids")
          .list()
          .map((id) => id.number()),
      );
      assert.equal(ids.length, 4);
    },
  },
  { name: "max_tokens 1", path: CHAT, body: chat({ stream: true, max_tokens: 1 }) },
  { name: "echo", path: CHAT, body: chat({ stream: true, echo: true }) },
]);

function endsWithDone(answer: Answer): void {
  assert.equal(payloadsOf(answer.body).at(-1), "[DONE]");
  assert.ok(answer.body.endsWith("data: [DONE]\n\n"));
}

export function choicesAre(answer: Parameters<typeof bodyOf>[0], indices: readonly number[]): void {
  const choices = bodyOf(answer).at("choices").list();
  assert.deepEqual(
    choices.map((one) => one.at("index").value),
    indices,
  );
}

export function usageIs(body: Json | undefined, prompt: number, completion: number): void {
  const usage = body?.at("usage");
  assert.equal(usage?.at("prompt_tokens").value, prompt);
  assert.equal(usage?.at("completion_tokens").value, completion);
  assert.equal(usage?.at("total_tokens").value, prompt + completion);
}
