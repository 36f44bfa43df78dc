// A worker that is lost between the last words of a stream and the end of its connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chunk, testFleet, testGateway, testWorker, upstream, USAGE_EVENT } from "../harness.ts";

const SAID = chunk({ role: "assistant", content: "" }) + chunk({ content: "Hi" }, { token_ids: [5] }, "stop");

for (const [what, events] of Object.entries({
  usage: SAID + USAGE_EVENT,
  "[DONE]": `${SAID}${USAGE_EVENT}data: [DONE]\n\n`,
}))
  test(`bug: a connection that broke right after ${what} got it a second time`, async () => {
    const worker = await upstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events, () => setTimeout(() => response.destroy(), 20));
    });
    const other = await upstream(() => assert.fail("nothing is left to be asked for"));
    const continuation = { mode: "exact", maxPerRequest: 3, maxTokens: 1000 } as const;
    const fleet = testFleet([testWorker("a", worker.origin), testWorker("b", other.origin)]);
    const gateway = await testGateway({ fleet, model: { continuation } });
    const messages = [{ role: "user", content: "Hello" }];
    const body = { model: "tiny", stream: true, temperature: 0, stream_options: { include_usage: true }, messages };
    const answer = await call(gateway, { body: JSON.stringify(body) });
    assert.equal(answer.body.match(/\[DONE\]/g)?.length, 1);
    assert.equal(answer.body.match(/"usage":\{/g)?.length, 1);
    assert.ok(answer.complete);
  });

test("bug: the end of a stream was made up while its worker, which was leaving, still said it", async () => {
  let leaveAt: number | undefined;
  const usage = USAGE_EVENT.replace('"usage":{', '"usage":{"prompt_tokens_details":{"cached_tokens":3},');
  const worker = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(SAID);
    leaveAt = 0;
    setTimeout(() => response.end(`${usage}data: [DONE]\n\n`), 500);
  });
  const leaving = testWorker("a", worker.origin);
  Object.defineProperty(leaving, "leaveAt", { get: () => leaveAt });
  const continuation = { mode: "exact", maxPerRequest: 3, maxTokens: 1000 } as const;
  const gateway = await testGateway({ fleet: testFleet([leaving]), model: { continuation } });
  const messages = [{ role: "user", content: "Hello" }];
  const body = { model: "tiny", stream: true, temperature: 0, stream_options: { include_usage: true }, messages };
  const answer = await call(gateway, { body: JSON.stringify(body) });
  assert.ok(answer.body.endsWith(`${usage}data: [DONE]\n\n`), answer.body);
});
