// Probes of what is refused: status and body are vLLM's, literally.
import assert from "node:assert/strict";
import { json } from "../answer.ts";
import type { Answer } from "../http.ts";
import { type Probe, probes } from "../probe.ts";
import { CHAT, chat, completion, COMPLETIONS } from "./requests.ts";

const LONG = Array.from({ length: 2100 }, (_, i) => 100 + (i % 50));

const refusedByEngine: Probe[] = [
  { name: "max_tokens 0", path: CHAT, body: chat({ max_tokens: 0 }) },
  { name: "max_tokens negative", path: CHAT, body: chat({ max_tokens: -1 }) },
  { name: "completion max_tokens negative", path: COMPLETIONS, body: completion({ max_tokens: -1 }) },
  { name: "max_tokens beyond the context", path: CHAT, body: chat({ max_tokens: 5000 }) },
  { name: "prompt beyond the context", path: COMPLETIONS, body: completion({ prompt: LONG }) },
  { name: "n 0", path: CHAT, body: chat({ n: 0 }) },
  { name: "n too large", path: CHAT, body: chat({ n: 100_000 }) },
  { name: "greedy with n = 2", path: CHAT, body: chat({ n: 2 }) },
  { name: "temperature negative", path: CHAT, body: chat({ temperature: -1 }) },
  { name: "temperature a text", path: CHAT, body: chat({ temperature: "warm" }) },
  { name: "top_p above 1", path: CHAT, body: chat({ top_p: 2 }) },
  { name: "top_p 0", path: CHAT, body: chat({ top_p: 0 }) },
  { name: "top_k below -1", path: CHAT, body: chat({ top_k: -5 }) },
  { name: "min_p above 1", path: CHAT, body: chat({ min_p: 2 }) },
  { name: "repetition_penalty 0", path: CHAT, body: chat({ repetition_penalty: 0 }) },
  { name: "presence_penalty above 2", path: CHAT, body: chat({ presence_penalty: 3 }) },
  { name: "frequency_penalty below -2", path: CHAT, body: chat({ frequency_penalty: -3 }) },
  { name: "min_tokens above max_tokens", path: CHAT, body: chat({ min_tokens: 10 }) },
  { name: "seed a text", path: CHAT, body: chat({ seed: "x" }) },
  { name: "stream_options without stream", path: CHAT, body: chat({ stream_options: { include_usage: true } }) },
  { name: "cache_salt empty", path: CHAT, body: chat({ cache_salt: "" }) },
  { name: "messages empty", path: CHAT, body: chat({ messages: [] }) },
  { name: "messages missing", path: CHAT, body: chat({ messages: undefined }) },
  { name: "messages a text", path: CHAT, body: chat({ messages: "hi" }) },
  { name: "prompt missing", path: COMPLETIONS, body: completion({ prompt: undefined }) },
  { name: "token id outside the vocabulary", path: COMPLETIONS, body: completion({ prompt: [999_999_999] }) },
  { name: "top_logprobs without logprobs", path: CHAT, body: chat({ top_logprobs: 2 }) },
  { name: "too many top_logprobs", path: CHAT, body: chat({ logprobs: true, top_logprobs: 100 }) },
  { name: "too many logprobs", path: COMPLETIONS, body: completion({ logprobs: 100 }) },
  { name: "prompt_logprobs in a stream", path: CHAT, body: chat({ prompt_logprobs: 1, stream: true }) },
  { name: "logit_bias outside the vocabulary", path: CHAT, body: chat({ logit_bias: { 99999999: 1 } }) },
  {
    name: "json_schema that is none",
    path: CHAT,
    body: chat({ response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "nonsense" } } } }),
  },
  { name: "tool_choice without tools", path: CHAT, body: chat({ tool_choice: "required" }) },
  {
    name: "tool_choice names no tool",
    path: CHAT,
    body: chat({
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }],
      tool_choice: { type: "function", function: { name: "g" } },
    }),
  },
  {
    name: "image to a text model",
    path: CHAT,
    body: chat({
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }],
    }),
  },
  {
    name: "continue_final_message with generation prompt",
    path: CHAT,
    body: chat({ continue_final_message: true, add_generation_prompt: true }),
  },
  { name: "stream refused before it starts", path: CHAT, body: chat({ stream: true, max_tokens: 0 }) },
];

const refusedByGateway: Probe[] = [
  { name: "unknown model", path: CHAT, body: chat({ model: "nope" }), status: 404, viaGateway: shaped(404) },
  {
    name: "unknown model of a stream",
    path: CHAT,
    body: chat({ model: "nope", stream: true }),
    status: 404,
    viaGateway: shaped(404),
  },
  { name: "model a number", path: CHAT, body: chat({ model: 5 }), viaGateway: shaped(400) },
  { name: "broken JSON", path: CHAT, body: '{"model": "tiny", ', viaGateway: shaped(400) },
  { name: "JSON that is no object", path: CHAT, body: "[1]", viaGateway: shaped(400) },
  { name: "empty body", path: CHAT, body: "", viaGateway: shaped(400) },
  {
    name: "NaN",
    path: CHAT,
    body: '{"model":"tiny","messages":[{"role":"user","content":"Say hi"}],"max_tokens":1,"temperature":NaN}',
    viaGateway: shaped(400),
  },
  {
    name: "wrong content type",
    path: CHAT,
    body: "x=1",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    viaGateway: shaped(400),
  },
  { name: "unknown path", path: "/v1/nope", method: "GET", status: 404, viaGateway: shaped(404) },
  { name: "wrong method", path: CHAT, method: "GET", status: 405, viaGateway: shaped(405) },
  { name: "wrong method DELETE", path: "/v1/models", method: "DELETE", status: 405, viaGateway: shaped(405) },
];

export const errorProbes = probes("errors", [
  ...refusedByEngine.map((probe) => ({ status: 400, ...probe })),
  ...refusedByGateway.map((probe) => ({ status: 400, ...probe })),
]);

/** The gateway's own refusals are OpenAI-shaped. */
function shaped(status: number): (answer: Answer) => void {
  return (answer) => {
    assert.equal(answer.status, status, answer.body);
    const error = json(JSON.parse(answer.body)).at("error");
    assert.deepEqual(error.keys(), ["message", "type", "param", "code"]);
    assert.equal(error.at("code").value, status);
    assert.ok(error.at("message").text().length > 0);
  };
}
