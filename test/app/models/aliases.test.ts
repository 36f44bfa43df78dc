// Aliases as deployment files set them: before simulated engines, and in a process whose file changes.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { deploymentText } from "../../config/deployment-text.ts";
import { admin, eventually } from "../api.ts";
import { gatewayFile, serveFile } from "../gateway-file.ts";
import { type FakeVllm, fakeVllm, type Served, served } from "../served.ts";
import { steadyLoad, streaming } from "../steady-load.ts";
import { before, engineOf, GREEDY, modelsIn } from "./engines.ts";

/** The model that served a request, from its receipt. */
async function servedBy(serve: Served, user: string, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await serve.ask("chat", { ...GREEDY, user, ...more });
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(modelsIn(answer.body), ["chat"]);
  const receipt = await admin(serve, `/admin/v1/requests/${String(answer.headers["x-request-id"])}`);
  return String(receipt["model"]);
}

test("aliases: each session stays with one of the models behind a name, by weight, and reads the name it asked for", async () => {
  const [one, two] = [await engineOf("one"), await engineOf("two")];
  const serve = await served({
    one: before([one], { aliases: [{ name: "chat", weight: 1 }] }),
    two: before([two], { aliases: [{ name: "chat", weight: 1 }, { name: "alone" }] }),
  });
  const users = Array.from({ length: 24 }, (_, i) => `user ${i}`);
  const first: string[] = [];
  for (const user of users) first.push(await servedBy(serve, user));
  // All on one side: 2 in 2²⁴.
  assert.deepEqual(new Set(first), new Set(["one", "two"]));
  for (const [i, user] of users.entries())
    assert.equal(await servedBy(serve, user, { stream: i % 2 === 0 }), first[i], user);
  const alone = await serve.ask("alone", GREEDY);
  assert.deepEqual([alone.status, modelsIn(alone.body)], [200, ["alone"]]);
  for (const name of ["one", "two"]) assert.deepEqual(modelsIn((await serve.ask(name, GREEDY)).body), [name]);
});

test("aliases stand in /v1/models, with the shortest context behind them, also while no worker is up", async () => {
  const [long, short] = [await engineOf("one"), await engineOf("two", { maxModelLen: 1024 })];
  const serve = await served({
    one: before([long], { aliases: [{ name: "chat" }] }),
    two: before([short], { aliases: [{ name: "chat" }, { name: "alone" }] }),
  });
  const cards = async () => {
    const { data } = (await (await fetch(`${serve.dataUrl}/v1/models`)).json()) as { data: Record<string, unknown>[] };
    return data.map(({ id, root, parent, max_model_len: length }) => [id, root, parent, length]);
  };
  const expected = [
    ["one", "one", null, 4096],
    ["two", "two", null, 1024],
    ["chat", "chat", null, 1024],
    ["alone", "two", null, 1024],
  ];
  assert.deepEqual(await cards(), expected);
  const one = (await (await fetch(`${serve.dataUrl}/v1/models/chat`)).json()) as { id: string };
  assert.equal(one.id, "chat");
  await Promise.all([long.close(), short.close()]);
  await eventually("the gateway noticed", async () => {
    await Promise.all(["one", "two"].map((name) => serve.ask(name)));
    return (await fetch(`${serve.dataUrl}/ready`)).status === 503;
  });
  assert.deepEqual(await cards(), expected);
});

test("aliases: a reload changes weights, running streams go on", async () => {
  const [one, two] = [await fakeVllm(streaming), await fakeVllm(streaming)];
  const file = gatewayFile();
  const write = (first: number, second: number): void =>
    writeFileSync(file.path, twoModels([one, two], [first, second]));
  write(1, 0);
  const gateway = await serveFile(file);
  const load = steadyLoad({ url: () => gateway.data, clients: 20, model: "chat" });
  await eventually("streams run", () => load.whole > 20);
  assert.equal(two.asked("two").length, 0);
  for (const [first, second] of [
    [1, 1],
    [0, 1],
  ] as const) {
    write(first, second);
    await eventually("the reload is in force", async () => {
      const { result } = (await admin(gateway, "/admin/v1/reload", "POST")) as { result: string };
      assert.match(result, /^(applied|unchanged)$/);
      return result === "unchanged";
    });
  }
  await eventually("the other model serves", () => two.asked("two").length > 20);
  const before = one.asked("one").length;
  await eventually("more streams ran", () => two.asked("two").length > 60);
  assert.equal(one.asked("one").length, before);
  await load.stop();
  assert.deepEqual(load.failures, []);
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
});

function twoModels(workers: readonly FakeVllm[], weights: readonly number[]): string {
  const documents = ["one", "two"].map((name, i) => {
    const model = { name, aliases: [{ name: "chat", weight: weights[i] ?? 0 }] };
    const serving = { workers: { endpoints: [{ url: workers[i]?.url(name) ?? "" }] } };
    return deploymentText({ metadata: { name }, spec: { model, serving, tokenizer: { source: "none" } } });
  });
  return documents.join("---\n");
}

test("a stream for an alias that goes on at another worker bears the alias to its end", async () => {
  const engines = [await engineOf("one", { speed: 4 }), await engineOf("one", { speed: 4 })];
  const serve = await served({ one: before(engines, { aliases: [{ name: "chat" }] }) });
  const body = JSON.stringify({ ...GREEDY, model: "chat", max_tokens: 200, stream: true, messages: MESSAGES });
  const answer = await fetch(`${serve.dataUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  assert.equal(answer.status, 200);
  let text = "";
  let cut = false;
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (cut || text.split("data: ").length < 10) continue;
    cut = true;
    const busy = engines.find(({ live }) => live.stats().running > 0);
    assert.ok(busy);
    await busy.close();
  }
  const id = answer.headers.get("x-request-id") ?? "";
  const { legs } = (await admin(serve, `/admin/v1/requests/${id}`)) as { legs: { continuedAt?: number }[] };
  assert.deepEqual([legs.length, (legs[1]?.continuedAt ?? 0) > 0], [2, true]);
  assert.ok(text.endsWith("data: [DONE]\n\n"));
  assert.deepEqual(modelsIn(text), ["chat"]);
});

const MESSAGES = [{ role: "user", content: "Tell me a long story." }];
