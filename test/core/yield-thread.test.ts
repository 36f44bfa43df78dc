// A thread that steps back does so alone: the event loop of its process keeps its priority.
import assert from "node:assert/strict";
import { once } from "node:events";
import { getPriority } from "node:os";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const CORE = import.meta.resolve("../../src/core/index.ts");
const CODE = `
import { getPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { yieldThread } from ${JSON.stringify(CORE)};
yieldThread();
parentPort.postMessage(getPriority());`;
const skip = process.platform === "linux" ? false : "only Linux gives threads priorities";

test("a thread that yields has a lower priority, and its process the one it had", { skip }, async () => {
  const before = getPriority();
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(CODE)}`));
  const [inThread] = (await once(thread, "message")) as [number];
  await thread.terminate();
  assert.equal(inThread, Math.min(19, before + 10));
  assert.equal(getPriority(), before);
});
