// Probes of /v1/completions: prompts of each kind, echo, logprobs, streams.
import assert from "node:assert/strict";
import { bodyOf, eventsOf } from "../answer.ts";
import { probes } from "../probe.ts";
import { choicesAre, usageIs } from "./chat.ts";
import { completion, COMPLETIONS, WITH_USAGE } from "./requests.ts";

export const completionProbes = probes("completions", [
  { name: "unary", path: COMPLETIONS, body: completion(), check: (answer) => usageIs(bodyOf(answer), 2, 4) },
  {
    name: "list of prompts",
    path: COMPLETIONS,
    body: completion({ prompt: ["a b", "c d e"] }),
    check: (answer) => {
      choicesAre(answer, [0, 1]);
      usageIs(bodyOf(answer), 5, 8);
    },
  },
  {
    name: "token ids",
    path: COMPLETIONS,
    body: completion({ prompt: [9707, 1879] }),
    check: (answer) => usageIs(bodyOf(answer), 2, 4),
  },
  { name: "list of token ids", path: COMPLETIONS, body: completion({ prompt: [[9707, 1879], [9707]] }) },
  {
    name: "n = 2 of two prompts",
    path: COMPLETIONS,
    body: completion({ prompt: ["a b", "c"], n: 2, temperature: 1, seed: 5 }),
  },
  {
    name: "echo",
    path: COMPLETIONS,
    body: completion({ echo: true }),
    check: (answer) => assert.ok(bodyOf(answer).at("choices", 0, "text").text().startsWith("Hello world")),
  },
  { name: "echo of a list", path: COMPLETIONS, body: completion({ prompt: ["a b", "c"], echo: true }) },
  { name: "echo with logprobs", path: COMPLETIONS, body: completion({ echo: true, logprobs: 1 }) },
  { name: "echo without output", path: COMPLETIONS, body: completion({ echo: true, max_tokens: 0, logprobs: 1 }) },
  {
    name: "logprobs",
    path: COMPLETIONS,
    body: completion({ logprobs: 2 }),
    check: (answer) => assert.equal(bodyOf(answer).at("choices", 0, "logprobs", "tokens").list().length, 4),
  },
  {
    name: "return_token_ids",
    path: COMPLETIONS,
    body: completion({ return_token_ids: true }),
    check: (answer) => assert.deepEqual(bodyOf(answer).at("choices", 0, "prompt_token_ids").value, [9707, 1879]),
  },
  {
    name: "no max_tokens",
    path: COMPLETIONS,
    body: completion({ max_tokens: undefined }),
    check: (answer) => usageIs(bodyOf(answer), 2, 16),
  },
  { name: "empty prompt", path: COMPLETIONS, body: completion({ prompt: "" }), status: 400 },
  { name: "suffix", path: COMPLETIONS, body: completion({ suffix: "!" }), status: 400 },
  { name: "best_of", path: COMPLETIONS, body: completion({ best_of: 2 }) },
  {
    name: "truncate_prompt_tokens",
    path: COMPLETIONS,
    body: completion({ prompt: "a b c d e f", truncate_prompt_tokens: 2, return_token_ids: true }),
  },
  {
    name: "stop token ids",
    path: COMPLETIONS,
    body: completion({ logit_bias: { 9707: 100 }, stop_token_ids: [9707] }),
  },
]);

export const completionStreamProbes = probes("completions stream", [
  {
    name: "usage not asked for",
    path: COMPLETIONS,
    body: completion({ stream: true }),
    check: (answer) => assert.ok(eventsOf(answer).every((event) => event.at("usage").value === undefined)),
  },
  {
    name: "usage asked for",
    path: COMPLETIONS,
    body: completion(WITH_USAGE),
    check: (answer) => usageIs(eventsOf(answer).at(-1), 2, 4),
  },
  {
    name: "continuous usage",
    path: COMPLETIONS,
    body: completion({ stream: true, stream_options: { include_usage: true, continuous_usage_stats: true } }),
  },
  { name: "echo", path: COMPLETIONS, body: completion({ stream: true, echo: true }) },
  { name: "logprobs", path: COMPLETIONS, body: completion({ stream: true, logprobs: 1 }) },
  { name: "return_token_ids", path: COMPLETIONS, body: completion({ stream: true, return_token_ids: true }) },
  { name: "list of prompts", path: COMPLETIONS, body: completion({ stream: true, prompt: ["a b"], max_tokens: 2 }) },
]);
