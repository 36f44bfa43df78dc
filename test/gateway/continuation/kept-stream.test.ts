// What the gateway asks for beside is kept and taken out: the client's bytes are vLLM's own.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { KeptStream } from "../../../src/gateway/continuation/kept-stream.ts";
import type { Relay } from "../../../src/gateway/relay.ts";

const FIXTURE = "/work/shared/data/vllm-fixtures/bodies/chat_stream_return_token_ids.http";

interface Kept {
  readonly stream: KeptStream;
  readonly out: () => string;
}

function kept(plan: { ownIds?: boolean; maxTokens?: number; route?: "chat" | "completion" } = {}): Kept {
  const written: Buffer[] = [];
  const relay: Relay = {
    usage: undefined,
    finishReason: undefined,
    failedInBand: false,
    overloadedInBand: false,
    atBoundary: true,
    fingerprint: undefined,
    write: (chunk) => void written.push(Buffer.from(chunk)),
    finish: () => {},
  };
  const { ownIds = false, maxTokens = 1000, route = "chat" } = plan;
  const settings = { mode: "exact", maxPerRequest: 3, maxTokens } as const;
  const stream = new KeptStream({
    relay,
    plan: { route, exact: true, byText: false, hold: 0, lag: 0, ownIds, settings },
    onFault: () => true,
  });
  return { stream, out: () => Buffer.concat(written).toString() };
}

const token = (delta: object, ids: readonly number[] | null, more = '"logprobs":null,"finish_reason":null') =>
  `data: {"id":"x","choices":[{"index":0,"delta":${JSON.stringify(delta)},${more},"token_ids":${JSON.stringify(ids)}}]}\n\n`;
const role = '{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]';
const first = `data: ${role},"prompt_token_ids":[1,2,3],"prompt_text":null}\n\n`;

test(
  "a recorded stream of vLLM 0.32 with ids becomes the stream without, in any chunking",
  { skip: existsSync(FIXTURE) ? false : "no recordings of a real vLLM here" },
  () => {
    const text = readFileSync(FIXTURE, "utf8").replaceAll("\r\n", "\n");
    const body = text.slice(text.indexOf("data: "));
    const want = body.replaceAll(/("(?:prompt_)?token_ids":)\[[\d,]*\]/g, "$1null");
    assert.notEqual(want, body);
    for (const size of [1, 7, 100, 333, body.length]) {
      const { stream, out } = kept();
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size), 0);
      assert.equal(out(), want, `chunks of ${size}`);
      assert.equal(stream.promptIds.text(), "151644,872,198,45764,15588,151645,198,151644,77091,198");
      assert.equal(stream.outputIds.text(), "106284,8431,112503");
      assert.deepEqual([stream.cut.tokens, stream.finished, stream.done], [3, true, true]);
    }
  },
);

test("a worker that writes no nulls: the fields go altogether", () => {
  const { stream, out } = kept();
  const bare = (ids: string) => `data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"}${ids}}]}\n\n`;
  stream.write(Buffer.from(bare(',"token_ids":[5]')), 0);
  assert.equal(out(), bare(""));
});

test("tokens without text: their events are not for a chat client that asked for no ids", () => {
  const { stream, out } = kept();
  for (const one of [first, token({}, [4]), token({ content: "é" }, [5])]) stream.write(Buffer.from(one), 0);
  assert.equal(out(), first.replace("[1,2,3]", "null") + token({ content: "é" }, null));
  assert.equal(stream.outputIds.text(), "4,5");
  const asked = kept({ ownIds: true });
  for (const one of [first, token({}, [4])]) asked.stream.write(Buffer.from(one), 0);
  assert.equal(asked.out(), first + token({}, [4]));
});

test("what is kept is bounded: a longer stream is relayed and not continued", () => {
  const { stream, out } = kept({ maxTokens: 4 });
  stream.write(Buffer.from(first), 0);
  for (let i = 0; i < 10; i++) stream.write(Buffer.from(token({ content: "a" }, [i])), 0);
  assert.equal(stream.lost, "too_long");
  assert.deepEqual([stream.promptIds.length, stream.outputIds.length], [0, 0]);
  assert.equal(out(), first.replace("[1,2,3]", "null") + token({ content: "a" }, null).repeat(10));
});

test("reasoning, tool calls and workers without ids are found out on the way", () => {
  const seen = (...events: readonly string[]) => {
    const { stream } = kept();
    for (const one of events) stream.write(Buffer.from(one), 0);
    return stream.lost;
  };
  assert.equal(seen(first, token({ reasoning: "Hm" }, [1])), "reasoning");
  assert.equal(seen(first, token({ tool_calls: [{ index: 0 }] }, [1])), "tool_call");
  assert.equal(seen(first, token({ content: "a" }, null)), "no_token_ids");
  assert.equal(seen(first, token({ content: "a" }, [1])), undefined);
});

test("a worker that fails in the stream: its words and what follows them are not the client's", () => {
  const error = 'data: {"error": {"message": "EngineCore encountered an issue.", "code": 500}}\n\n';
  for (const words of [error, token({}, [], '"logprobs":null,"finish_reason":"abort"')]) {
    const { stream, out } = kept();
    stream.write(Buffer.from(`${first}${token({ content: "a" }, [1])}${words}data: [DONE]\n\n`), 0);
    assert.equal(out(), first.replace("[1,2,3]", "null") + token({ content: "a" }, null));
  }
});
