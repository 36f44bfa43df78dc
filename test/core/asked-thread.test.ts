// A thread that is asked: answers, bounds of number, bytes and time, and a death that later questions do not notice.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { askedThread, realClock } from "../../src/core/index.ts";

const opened: { close(): Promise<void> }[] = [];
after(() => Promise.all(opened.map((one) => one.close())));

function echo(bounds: { maxWaiting?: number; maxWaitingBytes?: number; limitMs?: number } = {}) {
  const file = join(import.meta.dirname, "echo-thread");
  const thread = askedThread<string, string>({ file, clock: realClock, maxWaiting: 10, limitMs: 5000, ...bounds });
  opened.push(thread);
  return thread;
}

test("each question gets its own answer", async () => {
  const thread = echo();
  thread.warm();
  assert.deepEqual(await Promise.all(["a", "b", "c"].map((one) => thread.ask(one))), ["a", "b", "c"]);
});

test("too many questions, and too many bytes of them, are not asked; what is answered makes room", async () => {
  const few = echo({ maxWaiting: 2 });
  assert.deepEqual(await Promise.all(["a", "b", "c"].map((one) => few.ask(one))), ["a", "b", undefined]);
  assert.equal(await few.ask("d"), "d");
  const small = echo({ maxWaitingBytes: 100 });
  const sized = [60, 60, 40].map((bytes) => small.ask(String(bytes), [], bytes));
  assert.deepEqual(await Promise.all(sized), ["60", undefined, "40"]);
  assert.equal(await small.ask("again", [], 100), "again");
});

test("an answer that takes too long is none, and holds no room", async () => {
  const thread = echo({ maxWaiting: 1, limitMs: 50 });
  assert.equal(await thread.ask("silence"), undefined);
  const patient = echo({ maxWaiting: 1 });
  assert.equal(await patient.ask("a"), "a");
});

test("a thread that dies answers nothing, and the next question starts another one", async () => {
  const thread = echo();
  assert.equal(await thread.ask("death"), undefined);
  assert.equal(await thread.ask("a"), "a");
});

test("who is asked after the close starts no thread that nobody would end", async () => {
  const thread = echo();
  assert.equal(await thread.ask("a"), "a");
  await thread.close();
  thread.warm();
  assert.equal(await thread.ask("b"), undefined);
});
