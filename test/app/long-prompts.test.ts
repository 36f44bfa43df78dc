// Long prompts are tokenised beside the event loop, with the same result, and never hold up a request for long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LongPromptQuestion, longPrompts } from "../../src/app/long-prompts.ts";
import { promptIdentity } from "../../src/app/prompt-text.ts";
import { realClock } from "../../src/core/index.ts";
import { builtinTextModel } from "../../src/tokens/index.ts";
import { prose } from "./api.ts";

const fields = { messages: [{ role: "user", content: prose(30_000, "word") }] };
const question: LongPromptQuestion = { kind: "chat", body: fields, blockSize: 16, seed: { model: "m" } };

test("the thread gives what the main thread would, from members and from bytes", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  const here = promptIdentity({ ...question, fields, text: builtinTextModel() });
  assert.ok(here?.hashes !== undefined && here.hashes.count > 0);
  assert.deepEqual(await long.read(question), here);
  assert.deepEqual(await long.read({ ...question, body: new TextEncoder().encode(JSON.stringify(fields)) }), here);
  await long.close();
});

test("without a tokenizer the thread tells prefixes from text", async () => {
  const long = longPrompts({ source: "none" }, realClock);
  const here = promptIdentity({ ...question, fields, text: undefined });
  assert.equal(here?.exact, false);
  assert.deepEqual(await long.read(question), here);
  await long.close();
});

test("the event loop turns while a long prompt is read", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  await long.read(question);
  clearInterval(ticking);
  assert.ok(turns > 0);
  await long.close();
});

test("too many, too late and a dead thread are answered with nothing", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  const all = Array.from({ length: 40 }, () => long.read(question));
  assert.equal(await all.at(-1), undefined, "the queue has no bound");
  await long.close();
  const answers = await Promise.all(all);
  assert.ok(answers.some((one) => one === undefined));
  assert.equal(await long.read(question), undefined, "a thread that nobody would end");
});

test("a prompt beyond any context is left to its size", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  assert.equal(
    await long.read({ ...question, body: { messages: [{ role: "user", content: "x".repeat(2_100_000) }] } }),
    undefined,
  );
  await long.close();
});
