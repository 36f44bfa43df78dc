// Objects built in the order of the shapes serialise to vLLM's bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  Completion,
  CompletionChunk,
  ModelList,
  Usage,
} from "../../src/vllm/index.ts";
import { noFixtures, recordedReply } from "./fixtures.ts";

function usage(prompt: number, completion: number, created: number | null): Usage {
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: { cached_tokens: 0, created_cache_tokens: created, multimodal_tokens: null },
    completion_tokens_details: null,
  };
}

test("a chat completion", { skip: noFixtures }, () => {
  const real = recordedReply("chat_basic").body.toString();
  const { id, created, choices } = JSON.parse(real) as ChatCompletion;
  const content = choices[0]?.message.content ?? "";
  const message = {
    role: "assistant",
    content,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning: null,
  };
  const built: ChatCompletion = {
    id,
    object: "chat.completion",
    created,
    model: "tiny",
    choices: [
      {
        index: 0,
        message,
        logprobs: null,
        finish_reason: "length",
        stop_reason: null,
        token_ids: null,
        routed_experts: null,
      },
    ],
    service_tier: null,
    system_fingerprint: "vllm-0.32.0-ded1d6b0",
    usage: usage(10, 5, 0),
    prompt_logprobs: null,
    prompt_token_ids: null,
    prompt_text: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
  assert.equal(JSON.stringify(built), real);
});

test("chat chunks", { skip: noFixtures }, () => {
  const events = recordedReply("chat_stream_nousage").body.toString().split("\n\n");
  const { id, created } = JSON.parse(events[0]?.slice(6) ?? "") as ChatCompletionChunk;
  const head = { id, object: "chat.completion.chunk", created, model: "tiny" } as const;
  const role = { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null };
  const built: ChatCompletionChunk[] = [
    { ...head, choices: [role], prompt_token_ids: null, prompt_text: null },
    {
      ...head,
      choices: [{ index: 0, delta: { content: "amt" }, logprobs: null, finish_reason: null, token_ids: null }],
    },
    {
      ...head,
      choices: [
        {
          index: 0,
          delta: { content: "ቐ" },
          logprobs: null,
          finish_reason: "length",
          stop_reason: null,
          token_ids: null,
        },
      ],
      system_fingerprint: "vllm-0.32.0-ded1d6b0",
    },
  ];
  assert.deepEqual(
    built.map((chunk) => `data: ${JSON.stringify(chunk)}`),
    events.slice(0, 3),
  );
});

test("a completion and its chunks", { skip: noFixtures }, () => {
  const real = recordedReply("completion_basic").body.toString();
  const { id, created, choices } = JSON.parse(real) as Completion;
  const text = choices[0]?.text ?? "";
  const built: Completion = {
    id,
    object: "text_completion",
    created,
    model: "tiny",
    choices: [
      {
        index: 0,
        text,
        logprobs: null,
        finish_reason: "length",
        stop_reason: null,
        token_ids: null,
        prompt_logprobs: null,
        prompt_token_ids: null,
        routed_experts: null,
      },
    ],
    service_tier: null,
    system_fingerprint: "vllm-0.32.0-ded1d6b0",
    usage: usage(2, 5, null),
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
  assert.equal(JSON.stringify(built), real);
  const event = recordedReply("completion_stream").body.toString().split("\n\n")[0] ?? "";
  const first = JSON.parse(event.slice(6)) as CompletionChunk;
  const choice = {
    index: 0,
    text: "most",
    logprobs: null,
    finish_reason: null,
    stop_reason: null,
    prompt_token_ids: null,
    token_ids: null,
  };
  const chunk: CompletionChunk = {
    id: first.id,
    object: "text_completion",
    created: first.created,
    model: "tiny",
    choices: [choice],
  };
  assert.equal(`data: ${JSON.stringify(chunk)}`, event);
});

test("the list of models", { skip: noFixtures }, () => {
  const real = recordedReply("auth_ok").body.toString();
  const card = (JSON.parse(real) as ModelList).data[0];
  const permission = card?.permission[0];
  assert.ok(card && permission);
  const built: ModelList = {
    object: "list",
    data: [
      {
        id: "tiny",
        object: "model",
        created: card.created,
        owned_by: "vllm",
        root: card.root,
        parent: null,
        max_model_len: 2048,
        permission: [
          {
            id: permission.id,
            object: "model_permission",
            created: permission.created,
            allow_create_engine: false,
            allow_sampling: true,
            allow_logprobs: true,
            allow_search_indices: false,
            allow_view: true,
            allow_fine_tuning: false,
            organization: "*",
            group: null,
            is_blocking: false,
          },
        ],
      },
    ],
  };
  assert.equal(JSON.stringify(built), real);
});
