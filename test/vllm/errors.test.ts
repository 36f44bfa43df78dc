// Error bodies are vLLM's, literally.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as vllm from "../../src/vllm/index.ts";
import { noFixtures, recordedReply, unchunked } from "./fixtures.ts";

const recorded: [string, vllm.ErrorReply][] = [
  ["err_404", vllm.notFound()],
  ["err_405", vllm.methodNotAllowed()],
  ["auth_none", vllm.unauthorized()],
  ["err_unknown_model", vllm.unknownModel("nope", ["tiny"])],
  ["err_prompt_too_long", vllm.promptTooLong(2048, 2049)],
  ["err_completion_too_long", vllm.promptTooLong(2048, 2049)],
  ["err_prompt_plus_max_too_long", vllm.maxTokensTooLarge(5000, 2048)],
  ["err_max_tokens_0", vllm.maxTokensTooSmall(0)],
  ["err_max_tokens_neg", vllm.maxTokensTooSmall(-1)],
  ["err_completion_max_tokens_neg", vllm.maxTokensTooSmall(-1)],
  ["err_n0", vllm.choicesTooFew(0)],
  ["err_temp_neg", vllm.temperatureNegative(-1)],
  ["err_top_p_2", vllm.topPOutOfRange(2)],
  ["err_cache_salt_empty", vllm.cacheSaltEmpty()],
  ["err_stream_options_nostream", vllm.streamOptionsWithoutStream()],
  ["err_messages_empty", vllm.emptyConversation()],
  ["err_image", vllm.notMultimodal("tiny")],
  ["err_bad_schema", vllm.badRequest("Grammar error: Invalid type: notatype")],
  ["err_missing_messages", vllm.fieldMissing("messages", 1)],
  ["err_empty_body", vllm.fieldMissing(undefined, 0)],
  ["err_wrong_type", vllm.notAnInteger("max_tokens", "abc")],
  ["err_invalid_json", vllm.invalidJson(18, "Expecting property name enclosed in double quotes")],
  ["err_wrong_ct", vllm.wrongContentType()],
];

for (const [name, reply] of recorded) {
  test(`${name} is as recorded`, { skip: noFixtures }, () => {
    const real = recordedReply(name);
    assert.equal(reply.status, real.status);
    assert.equal(reply.body, real.body.toString());
  });
}

test("the in-band error of a dead engine is as recorded", { skip: noFixtures }, () => {
  const stream = unchunked(recordedReply("engine_killed_stream").body).toString();
  assert.ok(stream.endsWith(vllm.sseEvent(vllm.streamError(vllm.ENGINE_DEAD_MESSAGE)) + vllm.SSE_DONE));
});

test("text outside ASCII is escaped in the in-band error as Python does", () => {
  assert.match(vllm.streamError("é😀"), /"message": "\\u00e9\\ud83d\\ude00"/);
});

test("only answers that prove the request was not begun allow another worker", () => {
  assert.equal(vllm.neverStarted(503, ""), true);
  assert.equal(vllm.neverStarted(500, vllm.shuttingDown().body), true);
  assert.equal(vllm.neverStarted(500, vllm.engineDead().body), false);
  assert.equal(vllm.neverStarted(200, vllm.shuttingDown().body), false);
});
