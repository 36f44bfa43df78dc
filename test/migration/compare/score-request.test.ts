// What the legacy is asked to score a candidate's answer, and what is read from its reply.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ArmAnswer, comparePair, readScores, scoreRequest } from "../../../src/migration/index.ts";

const answer = (text: string, fields: Partial<ArmAnswer> = {}): ArmAnswer => ({
  class: "ok",
  choices: [{ text, toolCalls: [] }],
  promptTokens: 9,
  ...fields,
});

interface Asked {
  readonly path?: string;
  readonly request?: object;
  readonly temperature?: number;
  readonly primary?: ArmAnswer;
  readonly shadow?: ArmAnswer;
}

function asked({ path = "/v1/chat/completions", request = { messages: [{ role: "user" }] }, ...rest }: Asked) {
  const { temperature = 0, primary = answer("a"), shadow = answer("b") } = rest;
  const flags = { wantsLogprobs: false, wantsJson: false, streamed: false, truncated: false };
  const about = { session: "s", at: 0, stratum: "short", temperature, ...flags };
  const record = comparePair({ kind: "pair", request: about, primary, shadow });
  return scoreRequest({ record, request: JSON.stringify(request), path, model: "old", shadow });
}

test("a chat goes on from the candidate's answer, a completion has it in its prompt", () => {
  const chat = asked({ request: { messages: [{ role: "user", content: "q" }], tools: [1], stream: true, user: "u" } });
  assert.equal(chat?.promptTokens, 9);
  assert.deepEqual(JSON.parse(chat?.body ?? ""), {
    tools: [1],
    model: "old",
    max_tokens: 1,
    temperature: 0,
    prompt_logprobs: 0,
    messages: [
      { role: "user", content: "q" },
      { role: "assistant", content: "b" },
    ],
    add_generation_prompt: false,
    continue_final_message: true,
  });
  const plain = asked({ path: "/v1/completions", request: { prompt: "once " } });
  assert.equal(JSON.parse(plain?.body ?? "").prompt, "once b");
});

test("nothing is asked where there is nothing to explain or no way to say it", () => {
  const tool = { text: "", toolCalls: [{ name: "f", arguments: "{}" }] };
  const cases: readonly Asked[] = [
    { shadow: answer("a") },
    { temperature: 0.7 },
    { shadow: answer("b", { class: "timeout" }) },
    { shadow: answer("", { choices: [tool] }) },
    { shadow: answer("", { choices: [...answer("b").choices, ...answer("c").choices] }) },
    { primary: answer("a", { promptTokens: 100_000 }) },
    { path: "/v1/completions", request: { prompt: [1, 2] } },
    { path: "/v1/responses", request: { input: "q" } },
  ];
  for (const one of cases) assert.equal(asked(one), undefined, JSON.stringify(one));
});

test("scores are the tokens after the prompt, in either form of reply; another reply says nothing", () => {
  const entry = (rank: number) => ({ [String(rank)]: { logprob: -rank, rank, decoded_token: "x" } });
  const list = [null, entry(1), entry(2), entry(3)];
  const scores = [2, 3].map((rank) => ({ logprob: -rank, rank }));
  assert.deepEqual(readScores(JSON.stringify({ prompt_logprobs: list }), 2), scores);
  assert.deepEqual(readScores(JSON.stringify({ choices: [{ prompt_logprobs: list }] }), 2), scores);
  assert.deepEqual(readScores(JSON.stringify({ choices: [{}] }), 2), []);
  assert.deepEqual(readScores(JSON.stringify({ prompt_logprobs: [null, { 1: {} }] }), 0), []);
});
