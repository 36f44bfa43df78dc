// What an event is, told from its bytes, agrees with what its JSON says.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  finishReasonOf,
  readTokenUsage,
  sseScanner,
  STREAM_EVENT,
  streamEventFlags,
  streamError,
} from "../../src/vllm/index.ts";
import { noFixtures, recordedReply, unchunked } from "./fixtures.ts";

type Kind = keyof typeof STREAM_EVENT;

function kinds(data: string | Buffer): Kind[] {
  const flags = streamEventFlags(Buffer.from(data));
  return (Object.keys(STREAM_EVENT) as Kind[]).filter((kind) => (flags & STREAM_EVENT[kind]) !== 0);
}

const cases: [string, string, Kind[]][] = [
  ["the end", "[DONE]", ["done"]],
  [
    "a role chunk",
    '{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"prompt_token_ids":[1,2]}',
    [],
  ],
  [
    "a content chunk",
    '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null,"token_ids":null}]}',
    ["token"],
  ],
  ["token ids without text", '{"choices":[{"delta":{"content":""},"finish_reason":null,"token_ids":[7]}]}', ["token"]],
  ["reasoning", '{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":null}]}', ["token"]],
  ["older reasoning", '{"choices":[{"delta":{"reasoning_content":"hm"}}]}', ["token"]],
  [
    "a tool call",
    '{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]},"finish_reason":null}]}',
    ["token"],
  ],
  ["a completion", '{"choices":[{"index":0,"text":" x","finish_reason":null}]}', ["token"]],
  ["an empty completion", '{"choices":[{"index":0,"text":"","finish_reason":null}]}', []],
  [
    "a last chunk",
    '{"choices":[{"delta":{"content":"b"},"finish_reason":"length","stop_reason":null}]}',
    ["finished", "token"],
  ],
  ["a last chunk without text", '{"choices":[{"delta":{"content":""},"finish_reason":"stop"}]}', ["finished"]],
  ["usage", '{"choices":[],"usage":{"prompt_tokens":1}}', ["usage"]],
  ["no usage", '{"choices":[],"usage":null}', []],
  [
    "text that looks like JSON",
    '{"choices":[{"delta":{"content":"\\"usage\\":{ \\"finish_reason\\":\\"stop\\" [DONE]"}}]}',
    ["token"],
  ],
  ["an error", streamError("boom"), ["error"]],
  ["an error of the messages route", '{"type":"error","error":{"type":"api_error","message":"x"}}', ["error"]],
  ["a text delta of the responses route", '{"type":"response.output_text.delta","delta":"a"}', ["token"]],
  [
    "a text delta of the messages route",
    '{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}',
    ["token"],
  ],
  [
    "the end of a message",
    '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}',
    ["usage", "finished"],
  ],
  ["nothing", "", []],
];

for (const [name, data, expected] of cases) {
  test(`${name} is ${expected.join(" and ") || "nothing of interest"}`, () => assert.deepEqual(kinds(data), expected));
}

test("the finish reason is read from the bytes", () => {
  assert.equal(
    finishReasonOf(Buffer.from('{"choices":[{"finish_reason":null},{"finish_reason": "tool_calls"}]}')),
    "tool_calls",
  );
  assert.equal(finishReasonOf(Buffer.from('{"choices":[{"finish_reason":null}]}')), undefined);
});

test("any text of the model is told from structure", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.constantFrom(null, "stop"), (content, finish) => {
      const data = JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] });
      assert.deepEqual(kinds(data), finish === null ? ["token"] : ["finished", "token"]);
    }),
  );
});

test("a recorded stream of a killed engine ends in an error under 200", { skip: noFixtures }, () => {
  const seen: Kind[][] = [];
  sseScanner().push(unchunked(recordedReply("engine_killed_stream").body), (_, data) => seen.push(kinds(data)));
  assert.deepEqual(seen.at(0), []);
  assert.deepEqual(seen.at(1), ["token"]);
  assert.deepEqual(seen.slice(-2), [["error"], ["done"]]);
});

test("usage is read from every route's shape, unknown stays unknown", () => {
  const chat = { usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 8 } } };
  assert.deepEqual(readTokenUsage(JSON.stringify(chat)), { promptTokens: 9, completionTokens: 4, cachedTokens: 8 });
  const responses = {
    response: { usage: { input_tokens: 9, output_tokens: 4, input_tokens_details: { cached_tokens: 0 } } },
  };
  assert.deepEqual(readTokenUsage(JSON.stringify(responses)), {
    promptTokens: 9,
    completionTokens: 4,
    cachedTokens: 0,
  });
  // Anthropic's input is what is left beside the cache: vLLM was seen to answer 7 of 135 tokens with 128 in the cache.
  const usage = { input_tokens: 7, output_tokens: 0, cache_read_input_tokens: 96, cache_creation_input_tokens: 32 };
  const messages = { message: { usage } };
  assert.deepEqual(readTokenUsage(JSON.stringify(messages)), {
    promptTokens: 135,
    completionTokens: 0,
    cachedTokens: 96,
  });
  const bare = { usage: { prompt_tokens: 9, prompt_tokens_details: null } };
  assert.deepEqual(readTokenUsage(JSON.stringify(bare)), {
    promptTokens: 9,
    completionTokens: undefined,
    cachedTokens: undefined,
  });
  for (const none of ["{", "[]", "7", '{"usage":null}', "null"]) assert.equal(readTokenUsage(none), undefined);
});
