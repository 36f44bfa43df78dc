// No text of the gateway's own tells a client where its workers are, or what its HTTP library says of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, chunk, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

test("a stream that breaks, and a worker that is not there, are told in the gateway's own words", async () => {
  const breaks = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "a" }));
    setTimeout(() => response.destroy(), 20);
  });
  for (const origin of [breaks.origin, "http://127.0.0.1:1"]) {
    const gateway = await testGateway({ fleet: testFleet([testWorker("w", origin)]) });
    const { body } = await call(gateway, { body: chat({ stream: true }) });
    assert.match(body, /worker (closed the connection|cannot be reached)/);
    for (const leak of ["127.0.0.1", "other side", "ECONN", "undici", "UND_ERR"])
      assert.ok(!body.replaceAll(/"created":\d+/g, "").includes(leak), `${leak} in ${body}`);
  }
});
