// Texts of a pair, masked whatever the form of the request.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ArmAnswer, comparePair, pairTexts } from "../../../src/migration/index.ts";

const answer = (text: string): ArmAnswer => ({
  class: "ok",
  choices: [{ text, toolCalls: [{ name: "pay", arguments: '{"iban":"DE12"}' }] }],
});
const about = {
  session: "s",
  at: 7,
  stratum: "short",
  wantsLogprobs: false,
  wantsJson: false,
  streamed: false,
  truncated: false,
};

function textsOf(body: object, mask: readonly RegExp[]) {
  const [primary, shadow] = [answer("from DE99 with love"), answer("nothing")];
  const record = comparePair({ kind: "pair", request: about, primary, shadow });
  return pairTexts({ record, request: JSON.stringify(body), primary, shadow, mask });
}

test("the prompt of every form of request is there, and masks reach prompts, answers and tool calls", () => {
  const mask = [/DE\d+/gu];
  const parts = [{ type: "text", text: "pay DE1" }];
  const bodies = [{ messages: [{ role: "user", content: parts }] }, { prompt: "pay DE2" }, { input: "pay DE3" }];
  for (const body of bodies) {
    const { prompt, primary, shadow, equal, at } = textsOf(body, mask);
    assert.match(prompt, /pay \[masked\]$/);
    assert.equal(primary, 'from [masked] with love\npay({"iban":"[masked]"})');
    assert.equal(shadow, 'nothing\npay({"iban":"[masked]"})');
    assert.deepEqual([equal, at], [false, 7]);
  }
  const { prompt } = textsOf({ system: "be kind", messages: [{ role: "user", content: "hi" }] }, mask);
  assert.equal(prompt, "be kind\nuser: hi");
});

test("a text is masked before it is shortened", () => {
  const secret = "s".repeat(40);
  const { prompt } = textsOf({ prompt: `${"x".repeat(16_370)}${secret}` }, [/s{40}/gu]);
  assert.ok(!prompt.includes("ss"), prompt.slice(-20));
});
