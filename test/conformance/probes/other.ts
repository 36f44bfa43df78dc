// Probes of the other endpoints: models, tokenise, responses, messages, health, and what a text model refuses.
import assert from "node:assert/strict";
import { bodyOf, eventsOf } from "../answer.ts";
import type { Answer } from "../http.ts";
import { probes } from "../probe.ts";
import { MODEL, type Target } from "../target.ts";
import { chat } from "./requests.ts";

const directly = (target: Target): string | undefined =>
  target.gateway === undefined ? undefined : "not a client's path: the gateway answers 404";

export const tokenProbes = probes("tokenize", [
  {
    name: "prompt",
    path: "/tokenize",
    body: { model: MODEL, prompt: "Hello world, how are you?" },
    generated: false,
    check: (answer) => assert.deepEqual(bodyOf(answer).at("tokens").value, [9707, 1879, 11, 1246, 525, 498, 30]),
  },
  {
    name: "chat",
    path: "/tokenize",
    body: { model: MODEL, messages: [{ role: "user", content: "Hi" }] },
    generated: false,
  },
  {
    name: "token strings",
    path: "/tokenize",
    body: { model: MODEL, prompt: "naïve ✓ 東京", return_token_strs: true },
    generated: false,
  },
  {
    name: "chat without generation prompt",
    path: "/tokenize",
    body: { model: MODEL, messages: [{ role: "user", content: "Hi" }], add_generation_prompt: false },
    generated: false,
  },
  {
    name: "chat with tools",
    path: "/tokenize",
    body: {
      model: MODEL,
      messages: [{ role: "user", content: "Hi" }],
      tools: [
        {
          type: "function",
          function: {
            name: "f",
            description: "d",
            parameters: { type: "object", properties: { a: { type: "string" } } },
          },
        },
      ],
    },
    generated: false,
  },
  {
    name: "no special tokens",
    path: "/tokenize",
    body: { model: MODEL, prompt: "Hi", add_special_tokens: false },
    generated: false,
  },
  { name: "empty prompt", path: "/tokenize", body: { model: MODEL, prompt: "" }, generated: false },
  { name: "without model", path: "/tokenize", body: { prompt: "Hi" }, generated: false },
  { name: "unknown model", path: "/tokenize", body: { model: "nope", prompt: "Hi" }, status: 404, viaGateway: is(404) },
  { name: "nothing to tokenise", path: "/tokenize", body: { model: MODEL }, status: 400 },
  {
    name: "detokenize",
    path: "/detokenize",
    body: { model: MODEL, tokens: [9707, 1879] },
    generated: false,
    check: (answer) => assert.equal(bodyOf(answer).at("prompt").value, "Hello world"),
  },
  {
    name: "detokenize special",
    path: "/detokenize",
    body: { model: MODEL, tokens: [151644, 872, 198, 13048, 151645] },
    generated: false,
  },
  { name: "detokenize nothing", path: "/detokenize", body: { model: MODEL, tokens: [] }, generated: false },
  {
    name: "detokenize an unknown id",
    path: "/detokenize",
    body: { model: MODEL, tokens: [151_900] },
    generated: false,
  },
  { name: "detokenize a text", path: "/detokenize", body: { model: MODEL, tokens: "x" }, status: 400 },
]);

export const serverProbes = probes("server", [
  {
    name: "models",
    path: "/v1/models",
    check: (answer) => assert.equal(bodyOf(answer).at("data", 0, "id").value, MODEL),
    viaGateway: (answer) => assert.equal(bodyOf(answer).at("data", 0, "max_model_len").value, 2048),
  },
  { name: "health", path: "/health", check: (answer) => assert.equal(answer.body, ""), viaGateway: is(200) },
  { name: "ping", path: "/ping", skip: directly },
  { name: "version", path: "/version", skip: directly, generated: false },
  { name: "load", path: "/load", skip: directly, generated: false },
  { name: "is_sleeping", path: "/is_sleeping", skip: directly, generated: false },
  { name: "is_paused", path: "/is_paused", skip: directly, generated: false },
  { name: "reset_prefix_cache", path: "/reset_prefix_cache", method: "POST", skip: directly, generated: false },
  { name: "wake_up", path: "/wake_up", method: "POST", skip: directly, generated: false },
  {
    name: "generate without its flag",
    path: "/inference/v1/generate",
    body: { model: MODEL, token_ids: [1], sampling_params: { max_tokens: 1 } },
    status: 403,
    viaGateway: is(404),
  },
  ...[
    "/reset_prefix_cache",
    "/sleep",
    "/pause",
    "/collective_rpc",
    "/metrics",
    "/server_info",
    "/v1/load_lora_adapter",
  ].map((path) => ({
    name: `${path} is not a client's`,
    path,
    method: "POST",
    skip: (target: Target) => (target.gateway === undefined ? "asked of the gateway only" : undefined),
    viaGateway: is(404),
  })),
]);

export const responsesProbes = probes("responses", [
  {
    name: "unary",
    path: "/v1/responses",
    body: responses(),
    check: (answer) => assert.equal(bodyOf(answer).at("usage", "input_tokens").value, 10),
  },
  {
    name: "stream",
    path: "/v1/responses",
    body: responses({ stream: true }),
    check: (answer) => assert.equal(eventsOf(answer).at(-1)?.at("response", "status").value, "incomplete"),
  },
  { name: "instructions", path: "/v1/responses", body: responses({ instructions: "Be brief." }) },
  {
    name: "list of messages",
    path: "/v1/responses",
    body: responses({ input: [{ role: "user", content: "Say hi" }] }),
  },
  {
    name: "unknown model",
    path: "/v1/responses",
    body: responses({ model: "nope" }),
    status: 404,
    viaGateway: is(404),
  },
  { name: "input missing", path: "/v1/responses", body: responses({ input: undefined }), status: 400 },
]);

function responses(more: object = {}): object {
  return { model: MODEL, input: "Say hi", max_output_tokens: 4, temperature: 0, store: false, ...more };
}

export const messagesProbes = probes("messages", [
  {
    name: "unary",
    path: "/v1/messages",
    body: messages(),
    check: (answer) => assert.equal(bodyOf(answer).at("usage", "input_tokens").value, 10),
  },
  {
    name: "stream",
    path: "/v1/messages",
    body: messages({ stream: true }),
    check: (answer) => assert.match(answer.body, /^event: message_start\n/),
  },
  { name: "system", path: "/v1/messages", body: messages({ system: "Be brief." }) },
  { name: "max_tokens missing", path: "/v1/messages", body: messages({ max_tokens: undefined }), status: 400 },
  { name: "unknown model", path: "/v1/messages", body: messages({ model: "nope" }), status: 404, viaGateway: is(404) },
  {
    name: "count_tokens",
    path: "/v1/messages/count_tokens",
    body: { model: MODEL, messages: [{ role: "user", content: "Say hi" }] },
    generated: false,
  },
]);

function messages(more: object = {}): object {
  return { ...chat({ ignore_eos: undefined }), ...more };
}

function is(status: number): (answer: Answer) => void {
  return (answer) => assert.equal(answer.status, status, answer.body);
}
