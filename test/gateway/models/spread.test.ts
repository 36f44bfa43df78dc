// A busy adapter at a running gateway: one more worker is told to load it, once, and no request waits for that.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelNames } from "../../../src/gateway/index.ts";
import { call, chat, eventually, testFleet, testGateway, testWorker, unary, upstream } from "../harness.ts";

const SQL = { name: "sql", model: "tiny", path: "/adapters/sql", load: true };
const NAMES: ModelNames = {
  alias: () => undefined,
  adapter: (name) => (name === "sql" ? SQL : undefined),
  aliases: () => [],
  adapters: () => [SQL],
};

test("the ninth request of a busy adapter has it loaded at the idle worker, and is answered by the holder", async () => {
  const held: (() => void)[] = [];
  const busy = await upstream((request, response) => void held.push(() => unary(request, response)));
  const idle = await upstream((_request, response) => void response.writeHead(200).end("Success"));
  const facts = { ...testWorker("x", busy.origin).facts, adapters: ["sql"] };
  const fleet = testFleet([testWorker("busy", busy.origin, { facts }), testWorker("idle", idle.origin, { key: "k" })]);
  const gateway = await testGateway({ fleet, options: { names: NAMES } });
  const answers = Array.from({ length: 8 }, () => call(gateway, { body: chat({ model: "sql" }) }));
  await eventually(() => held.length === 8, "the holder has eight");
  assert.equal(idle.requests.length, 0);
  answers.push(call(gateway, { body: chat({ model: "sql" }) }));
  await eventually(() => held.length === 9 && idle.requests.length > 0, "the ninth is at the holder too");
  for (const answer of held) answer();
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  const [load, ...more] = idle.requests;
  assert.deepEqual([load?.path, load?.headers.authorization, more.length], ["/v1/load_lora_adapter", "Bearer k", 0]);
  assert.deepEqual(JSON.parse(load?.body ?? ""), { lora_name: "sql", lora_path: "/adapters/sql" });
});
