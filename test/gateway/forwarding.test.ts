// Requests reach a worker and answers come back, byte for byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, chunk, streamed, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

test("a streaming chat arrives event by event, without the usage event that the client did not ask for", async () => {
  const up = await upstream(streamed);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const answer = await call(gateway, { body: chat({ stream: true }) });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-type"], "text/event-stream; charset=utf-8");
  assert.equal(
    answer.body,
    chunk({ role: "assistant", content: "" }) +
      chunk({ content: "Hel" }) +
      chunk({ content: "lo" }, { stop_reason: null }, "stop") +
      "data: [DONE]\n\n",
  );
  assert.match(up.requests[0]?.body ?? "", /"stream_options":\{"include_usage":true\}/);
});

test("requests go to the workers in turn and each worker gets its own key, never the client's", async () => {
  const ups = [await upstream(unary), await upstream(unary)];
  const workers = ups.map((up, i) => testWorker(`w${i}`, up.origin, { key: `worker-key-${i}` }));
  const gateway = await testGateway({ fleet: testFleet(workers) });
  for (let i = 0; i < 4; i++) {
    const answer = await call(gateway, { body: chat(), headers: { authorization: "Bearer client-key" } });
    assert.equal(answer.status, 200);
  }
  for (const [i, up] of ups.entries()) {
    assert.equal(up.requests.length, 2);
    assert.equal(up.requests[0]?.headers.authorization, `Bearer worker-key-${i}`);
  }
});

test("an unedited body is forwarded as received, with its numbers, order, duplicates and white space", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const body =
    '{ "seed":9007199254740993, "temperature": 1.0,"model":"tiny" , "messages":[{"role":"user","content":"é\\u00e9"}], "x":1,"x":2 }';
  await call(gateway, { body });
  assert.equal(up.requests[0]?.body, body);
});
