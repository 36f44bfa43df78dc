// Aliases and adapters of a model under a migration plan.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arms, ModelNames } from "../../../src/gateway/index.ts";
import { call, chat, type Received, testFleet, testGateway, testWorker, upstream } from "../harness.ts";
import type { ServerResponse } from "node:http";

/** Answers under the name it was asked for, as a worker that knows the name. */
function echo(request: Received, response: ServerResponse): void {
  const { model } = JSON.parse(request.body) as { model: string };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "chatcmpl-1", model, choices: [], usage: { prompt_tokens: 1 } }));
}

const NAMES: ModelNames = {
  alias: (name) => (name === "chat" ? CHAT : undefined),
  adapter: (name) => (name === "sql" ? SQL : undefined),
  aliases: () => [CHAT],
  adapters: () => [SQL],
};
const CHAT = { name: "chat", targets: [{ model: "tiny" }], choose: () => ({ model: "tiny" }) } as const;
const SQL = { name: "sql", model: "tiny", load: false };

async function underPlan({ released = false } = {}) {
  const [old, fresh] = [await upstream(echo), await upstream(echo)];
  const facts = { ...testWorker("x", "http://127.0.0.1:1").facts, adapters: ["sql"] };
  const [legacy, candidate] = [testWorker("old", old.origin, { facts }), testWorker("new", fresh.origin, { facts })];
  const offered: unknown[] = [];
  const arms: Arms = {
    legacy: { workers: () => (released ? [] : [legacy]), model: "theirs", arm: "legacy" },
    candidate: { workers: () => [candidate], model: "ours" },
    choose: () => "candidate",
    mayCross: () => !released,
    legEnded: () => undefined,
    waiting: new Set(),
    mirror: {
      offer(leg) {
        offered.push(leg);
        return undefined;
      },
    },
  };
  const gateway = await testGateway({
    fleet: testFleet([legacy, candidate]),
    options: { arms: () => arms, names: NAMES },
  });
  return { old, fresh, offered, ask: (model: string) => call(gateway, { body: chat({ model }) }) };
}

const modelOf = ({ body }: { readonly body: string }) => (JSON.parse(body) as { model: string }).model;

test("an alias goes where the plan sends its model: the arm gets its own name, the client reads the alias", async () => {
  const { fresh, ask } = await underPlan();
  const answer = await ask("chat");
  assert.deepEqual([answer.status, modelOf(answer), fresh.requests.map(modelOf)], [200, "chat", ["ours"]]);
});

test("an adapter stays on the legacy arm under its own name, and is not copied", async () => {
  const { old, fresh, offered, ask } = await underPlan();
  const answer = await ask("sql");
  assert.deepEqual([answer.status, modelOf(answer), old.requests.map(modelOf)], [200, "sql", ["sql"]]);
  assert.deepEqual([fresh.requests.length, offered.length], [0, 0]);
  await ask("tiny");
  assert.equal(offered.length, 1);
});

test("an adapter goes to the candidate once the legacy arm has no workers", async () => {
  const { fresh, ask } = await underPlan({ released: true });
  const answer = await ask("sql");
  assert.deepEqual([answer.status, modelOf(answer), fresh.requests.map(modelOf)], [200, "sql", ["sql"]]);
});
