// Token ids in stream events: read and taken out without parsing, to the very bytes vLLM writes when nobody asks for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outputIdSpan, promptIdSpan, readIds, textAt, textStart, withoutIds } from "../../src/vllm/index.ts";

const event = (ids: string) =>
  Buffer.from(
    `data: {"id":"c","choices":[{"index":0,"delta":{"content":"a \\"token_ids\\":[9] b"},"logprobs":null,"finish_reason":null,"token_ids":${ids}}]}\n\n`,
  );

test("an event with ids becomes the event without them", () => {
  const raw = event("[106284,7]");
  const span = outputIdSpan(raw.toString("latin1"));
  assert.ok(span);
  const ids: number[] = [];
  assert.equal(readIds(raw.toString("latin1"), span, { push: (id) => void ids.push(id) }), 2);
  assert.deepEqual(ids, [106284, 7]);
  assert.equal(withoutIds(raw, span, "null").toString(), event("null").toString());
  assert.equal(withoutIds(raw, span, "absent").toString(), event("null").toString().replace(',"token_ids":null', ""));
});

test("ids of the prompt and of the output are told apart, wherever they stand", () => {
  const text = '{"choices":[{"prompt_token_ids":[1,2,3],"token_ids":[4]}]}';
  const [prompt, output] = [promptIdSpan(text), outputIdSpan(text)];
  assert.ok(prompt && output);
  assert.deepEqual([text.slice(prompt.open, prompt.end), text.slice(output.open, output.end)], ["[1,2,3]", "[4]"]);
  assert.equal(withoutIds(Buffer.from(text), prompt, "absent").toString(), '{"choices":[{"token_ids":[4]}]}');
});

test("an event whose ids are null has none", () => {
  assert.equal(outputIdSpan(event("null").toString("latin1")), undefined);
  assert.equal(promptIdSpan('{"prompt_token_ids":null}'), undefined);
});

test("text of an event is found whatever it says", () => {
  for (const text of ["a", '"', "\\", "größer 🦆", '\\"}],"content":"', "\n\u0000"]) {
    const raw = Buffer.from(`data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`);
    const start = textStart(raw.toString("latin1"), "content");
    assert.equal(textAt(raw, start), text);
  }
  assert.equal(textStart('{"delta":{"content":""}}', "content"), -1);
  assert.equal(textStart('{"delta":{}}', "content"), -1);
});
