// Two models behind one endpoint: one that is saturated does not disturb the other, and labels name models only.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Behaviour, unary } from "../../gateway/harness.ts";
import { eventually } from "../api.ts";
import { type FakeVllm, fakeVllm, served } from "../served.ts";

function heldWorker(): { readonly behave: Behaviour; readonly held: (() => void)[] } {
  const held: (() => void)[] = [];
  return { held, behave: (request, response) => void held.push(() => unary(request, response)) };
}

const documents = (stuck: FakeVllm, quick: FakeVllm) => ({
  stuck: {
    spec: {
      serving: { workers: { endpoints: [{ url: stuck.url("stuck") }], maxBatchSize: 2 } },
      gateway: { admission: { enabled: true }, limits: { queueLength: 3, queueTimeoutMs: 60_000 } },
      routing: { algorithm: "least_loaded" },
    },
  },
  quick: {
    spec: {
      model: { aliases: [{ name: "chat" }] },
      serving: { workers: { endpoints: [{ url: quick.url("quick") }] } },
      gateway: { limits: { totalTimeoutMs: 9000 } },
    },
  },
});

test("a model whose workers and queue are full disturbs no other one", async () => {
  const { behave, held } = heldWorker();
  const [stuck, quick] = [await fakeVllm(behave), await fakeVllm(unary)];
  const serve = await served(documents(stuck, quick));
  const answers = Array.from({ length: 12 }, () => serve.ask("stuck"));
  const settled: number[] = [];
  for (const one of answers) void one.then(({ status }) => settled.push(status));
  await eventually("its queue is full", () => settled.length > 0);
  for (let i = 0; i < 30; i++) assert.equal((await serve.ask(i % 2 === 0 ? "quick" : "chat")).status, 200);
  assert.ok(settled.every((status) => status === 429 || status === 503));
  assert.equal(quick.asked("quick").length, 30);
  const release = setInterval(() => held.splice(0).forEach((answer) => answer()), 5);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  clearInterval(release);
  assert.ok(statuses.filter((status) => status === 200).length >= 2, statuses.join());
});

test("a label of the metrics is a model's own name, whatever clients ask for", async () => {
  const [one, two] = [await fakeVllm(unary), await fakeVllm(unary)];
  const serve = await served(documents(one, two));
  const asked = ["stuck", "quick", "chat", ...Array.from({ length: 40 }, (_, i) => `made up ${i}`)];
  for (const name of asked) await serve.ask(name);
  const page = await (await fetch(serve.metrics ?? "")).text();
  const labels = new Set([...page.matchAll(/[{,]model="([^"]*)"/g)].map(([, name = ""]) => name));
  labels.delete("");
  labels.delete("unknown");
  assert.deepEqual(labels, new Set(["stuck", "quick"]));
  assert.ok(!page.includes("made up"));
  const count = (model: string) =>
    [...page.matchAll(/^switchgear_requests_total\{(.*)\} (\d+)$/gm)]
      .filter(([, shown = ""]) => shown.includes(`model="${model}"`) && shown.includes('"ok"'))
      .reduce((sum, [, , value]) => sum + Number(value), 0);
  assert.deepEqual([count("stuck"), count("quick")], [1, 2]);
});
