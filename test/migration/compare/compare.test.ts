// Pairs of answers: what must be equal, where tokens part, what structure is worth, and what is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePair, topKDivergence } from "../../../src/migration/index.ts";
import type { AnswerChoice, AnswerToken, ArmAnswer, ComparedRequest } from "../../../src/migration/compare/answer.ts";
import { crossScore } from "../../../src/migration/compare/cross-score.ts";
import { determinism } from "../../../src/migration/compare/determinism.ts";
import { firstDivergence, severityAt } from "../../../src/migration/compare/divergence.ts";
import { brokenInvariants } from "../../../src/migration/compare/invariants.ts";
import { compareStructure } from "../../../src/migration/compare/structure.ts";
import { textSimilarity } from "../../../src/migration/compare/text-similarity.ts";

const request: ComparedRequest = {
  session: "user:a",
  at: 1_700_000_000_500,
  stratum: "short",
  wantsLogprobs: false,
  wantsJson: false,
  streamed: true,
  truncated: false,
};
const choice = (fields: Partial<AnswerChoice> = {}): AnswerChoice => ({
  text: "hello",
  finishReason: "stop",
  toolCalls: [],
  ...fields,
});
const answer = (fields: Partial<ArmAnswer> = {}): ArmAnswer => ({
  class: "ok",
  status: 200,
  object: "chat.completion",
  model: "m",
  choices: [choice()],
  promptTokens: 12,
  outputTokens: 3,
  ttftMs: 40,
  totalMs: 90,
  ...fields,
});

test("only greedy and seeded requests are deterministic", () => {
  assert.equal(determinism({ ...request, temperature: 0 }), "greedy");
  assert.equal(determinism({ ...request, topK: 1 }), "greedy");
  assert.equal(determinism({ ...request, temperature: 0.7, seed: 3 }), "seeded");
  assert.equal(determinism(request), "sampled");
});

test("each invariant is found alone, and equal answers break none", () => {
  const breaks = (shadow: Partial<ArmAnswer>, asked: Partial<ComparedRequest> = {}) =>
    brokenInvariants(answer(), answer(shadow), { ...request, ...asked });
  assert.deepEqual(breaks({}), []);
  assert.deepEqual(breaks({ choices: [choice({ text: "other", finishReason: "length" })] }), [], "lengths may differ");
  assert.deepEqual(breaks({ class: "client-4xx", status: 400 }), ["status-class"]);
  assert.deepEqual(breaks({ object: "text_completion" }), ["object"]);
  assert.deepEqual(breaks({ model: "other" }), ["model"]);
  assert.deepEqual(breaks({ choices: [choice(), choice()] }), ["choice-count"]);
  assert.deepEqual(breaks({ choices: [choice({ finishReason: "eos" })] }), ["finish-reason"]);
  assert.deepEqual(breaks({ promptTokens: 13 }), ["prompt-tokens"]);
  const { promptTokens: _, ...silent } = answer();
  assert.deepEqual(brokenInvariants(answer(), silent, request), ["usage"]);
  const scored = { choices: [choice({ logprobs: [] })] };
  assert.deepEqual(breaks(scored, { wantsLogprobs: true }), ["logprobs"]);
  assert.deepEqual(breaks(scored), []);
  for (const failure of ["timeout", "backend-5xx", "refused"] as const)
    assert.deepEqual(breaks({ class: failure }), []);
  const wrong = answer({ class: "client-4xx", errorKeys: ["message", "type"] });
  assert.deepEqual(
    brokenInvariants(wrong, answer({ class: "client-4xx", errorKeys: ["type", "message"] }), request),
    [],
  );
  assert.deepEqual(brokenInvariants(wrong, answer({ class: "client-4xx", errorKeys: ["detail"] }), request), [
    "error-shape",
  ]);
});

test("the first divergence is an index, censored when nothing differed", () => {
  assert.deepEqual(firstDivergence(["a", "b"], ["a", "b"]), { index: 2, diverged: false });
  assert.deepEqual(firstDivergence(["a", "b"], ["a", "c"]), { index: 1, diverged: true });
  assert.deepEqual(firstDivergence(["a"], ["a", "c"]), { index: 1, diverged: true }, "one stopped, the other went on");
});

const token = (text: string, top: Readonly<Record<string, number>>): AnswerToken => ({
  token: text,
  logprob: Math.log(top[text] ?? 1e-9),
  top: Object.entries(top).map(([name, p]) => ({ token: name, logprob: Math.log(p) })),
});

test("severity: a tie within half a nat, likely on both sides, or outside", () => {
  const at = (a: AnswerToken, b: AnswerToken) => severityAt(choice({ logprobs: [a] }), choice({ logprobs: [b] }), 0);
  assert.equal(at(token("x", { x: 0.45, y: 0.4 }), token("y", { y: 0.43, x: 0.42 })), "tie");
  assert.equal(at(token("x", { x: 0.8, y: 0.1 }), token("y", { y: 0.5, x: 0.45 })), "top-k");
  assert.equal(at(token("x", { x: 0.8, z: 0.1 }), token("y", { y: 0.5, x: 0.45 })), "outside");
  assert.equal(severityAt(choice(), choice(), 0), undefined);
});

test("the divergence of top-k lists is 0 for equal ones and grows with the gap", () => {
  const p = token("x", { x: 0.6, y: 0.3 });
  assert.ok(Math.abs(topKDivergence(p, p)) < 1e-9);
  const near = topKDivergence(p, token("x", { x: 0.55, y: 0.35 }));
  const far = topKDivergence(p, token("y", { y: 0.9, z: 0.05 }));
  assert.ok(near > 0 && near < 0.02 && far > 0.5, `${near} ${far}`);
});

test("tool calls are compared as a set of names and JSON values, broken arguments are not valid", () => {
  const call = (name: string, args: string) => ({ name, arguments: args });
  const structure = (a: readonly ReturnType<typeof call>[], b: readonly ReturnType<typeof call>[]) =>
    compareStructure(
      answer({ choices: [choice({ toolCalls: a })] }),
      answer({ choices: [choice({ toolCalls: b })] }),
      request,
    );
  const weather = call("weather", '{"city": "Bonn", "unit": "C"}');
  const turned = call("weather", '{"unit":"C","city":"Bonn"}');
  assert.deepEqual(structure([weather, call("time", "")], [call("time", "{}"), turned]), {
    primaryValid: true,
    shadowValid: true,
    sameTrigger: true,
    equal: true,
  });
  assert.equal(structure([weather], [call("weather", '{"city": "Ulm", "unit": "C"}')])?.equal, false);
  assert.equal(structure([weather], [call("weather", '{"city": ')])?.shadowValid, false);
  assert.equal(structure([weather], [])?.sameTrigger, false);
  assert.equal(structure([], []), undefined);
});

test("JSON answers: validity and value, not spelling", () => {
  const json = (a: string, b: string) =>
    compareStructure(answer({ choices: [choice({ text: a })] }), answer({ choices: [choice({ text: b })] }), {
      ...request,
      wantsJson: true,
    });
  assert.equal(json('{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }')?.equal, true);
  assert.deepEqual(json('{"a":1}', "Sure! {}"), {
    primaryValid: true,
    shadowValid: false,
    sameTrigger: true,
    equal: false,
  });
});

test("a long answer with the opposite number is told by its numbers and last line, not by its likeness", () => {
  const thought = "step by step we consider the terms and carry on ".repeat(20);
  const found = textSimilarity(`${thought}\nThe answer is 42.`, `${thought}\nThe answer is -7.`);
  assert.ok(found.words > 0.99);
  assert.deepEqual([found.sameNumbers, found.sameLastLine], [false, false]);
});

test("the cross score sums up how the legacy rates the candidate's tokens", () => {
  assert.equal(crossScore([]), undefined);
  const score = crossScore([
    { logprob: Math.log(0.5), rank: 1 },
    { logprob: Math.log(0.125), rank: 12 },
  ]);
  assert.ok(score !== undefined && Math.abs(score.perplexity - 4) < 1e-9);
  assert.deepEqual([score.beyondTen, score.worstRank], [0.5, 12]);
});

test("a record keeps numbers and judgements, never the text", () => {
  const secret = "my secret text 4711";
  const primary = answer({ choices: [choice({ text: secret, tokens: ["my", " secret", " text"] })] });
  const shadow = answer({ choices: [choice({ text: `${secret}!`, tokens: ["my", " secret", " word"] })], ttftMs: 30 });
  const record = comparePair({ kind: "pair", request: { ...request, temperature: 0 }, primary, shadow });
  assert.ok(!JSON.stringify(record).includes("secret"));
  assert.equal(record.determinism, "greedy");
  assert.deepEqual(record.comparison?.divergence, { index: 2, diverged: true });
  assert.equal(record.comparison?.equal, false);
  assert.deepEqual(record.seed, {
    timestamp: 1_700_000_000.5,
    primary_ttft_ms: 40,
    shadow_ttft_ms: 30,
    primary_total_ms: 90,
    shadow_total_ms: 90,
    output_match: true,
    primary_tokens: 3,
    shadow_tokens: 3,
  });
});

test("failed legs and outputs that we cut are not compared", () => {
  const compared = (shadow: ArmAnswer, truncated = false) =>
    comparePair({ kind: "pair", request: { ...request, truncated }, primary: answer(), shadow }).comparison;
  assert.ok(compared(answer()) !== undefined);
  assert.equal(compared(answer({ class: "timeout", choices: [] })), undefined);
  assert.equal(compared(answer(), true), undefined);
});
