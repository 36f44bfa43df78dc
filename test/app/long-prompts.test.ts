// Long prompts are tokenised beside the event loop, with the same result, and never hold up a request for long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { longPrompts } from "../../src/app/long-prompts.ts";
import { realClock } from "../../src/core/index.ts";
import { builtinTextModel, renderPrompt } from "../../src/tokens/index.ts";
import { prose } from "./api.ts";

const fields = { messages: [{ role: "user", content: prose(30_000, "word") }] };

test("the thread gives the ids that the main thread would", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  const prompts = await long.read("chat", fields);
  const here = renderPrompt({ kind: "chat", body: fields, text: builtinTextModel() }).prompts;
  assert.ok(here);
  assert.deepEqual(prompts, here);
  await long.close();
});

test("the event loop turns while a long prompt is read", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  await long.read("chat", fields);
  clearInterval(ticking);
  assert.ok(turns > 0);
  await long.close();
});

test("too many, too late and a dead thread are answered with nothing", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  const all = Array.from({ length: 40 }, () => long.read("chat", fields));
  assert.equal(await all.at(-1), undefined, "the queue has no bound");
  await long.close();
  const answers = await Promise.all(all);
  assert.ok(answers.some((one) => one === undefined));
  // The next one starts a new thread.
  assert.ok(await long.read("chat", fields));
  await long.close();
});

test("a prompt beyond any context is left to its size", async () => {
  const long = longPrompts({ source: "builtin" }, realClock);
  assert.equal(await long.read("chat", { messages: [{ role: "user", content: "x".repeat(2_100_000) }] }), undefined);
  await long.close();
});
