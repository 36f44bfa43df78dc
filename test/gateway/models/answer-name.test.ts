// The name in an answer to an alias, whatever the worker calls itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelNames } from "../../../src/gateway/index.ts";
import { call, chat, chunk, testFleet, testGateway, testWorker, upstream } from "../harness.ts";

const CHAT = { name: "chat", targets: [{ model: "tiny" }], choose: () => ({ model: "tiny" }) } as const;
const NAMES: ModelNames = {
  alias: (name) => (name === "chat" ? CHAT : undefined),
  adapter: () => undefined,
  aliases: () => [CHAT],
  adapters: () => [],
};

test("an alias stands in whole and streamed answers of a worker that answers with another of its names", async () => {
  const up = await upstream(({ body }, response) => {
    const { stream = false } = JSON.parse(body) as { stream?: boolean };
    const whole = JSON.stringify({ id: "chatcmpl-1", model: "first", choices: [] });
    const events = `${chunk({ content: "a" }, { model: "first" })}${chunk({}, { model: "first" }, "stop")}data: [DONE]\n\n`;
    response.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json" });
    response.end(stream ? events : whole);
  });
  const facts = { ...testWorker("x", up.origin).facts, servedModels: ["first", "tiny"] };
  const fleet = testFleet([testWorker("w", up.origin, { facts })]);
  const gateway = await testGateway({ fleet, options: { names: NAMES } });
  for (const stream of [false, true]) {
    const aliased = await call(gateway, { body: chat({ model: "chat", stream }) });
    assert.equal(aliased.status, 200);
    assert.match(aliased.body, /"model":"chat"/);
    assert.doesNotMatch(aliased.body, /"first"|"tiny"/);
    const own = await call(gateway, { body: chat({ model: "tiny", stream }) });
    assert.match(own.body, /"model":"first"/);
  }
});
