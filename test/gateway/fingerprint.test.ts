// The fingerprint that moves back into a stream is the one of the worker as it runs now.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, chunk, testFleet, testGateway, testWorker, upstream, USAGE_EVENT } from "./harness.ts";

test("a worker that comes back as another version sends its own fingerprint from the first stream on", async () => {
  let version = "vllm-0.31.0";
  const up = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "Hi" }, { stop_reason: null }, "stop"));
    response.write(USAGE_EVENT.replace('"choices":[]', `"choices":[],"system_fingerprint":"${version}"`));
    response.end("data: [DONE]\n\n");
  });
  const fleet = testFleet([testWorker("w1", up.origin)]);
  const gateway = await testGateway({ fleet });
  const stream = async () => (await call(gateway, { body: chat({ stream: true }) })).body;
  assert.match(await stream(), /"vllm-0\.31\.0"/);
  assert.match(await stream(), /"vllm-0\.31\.0"/);
  fleet.setState("w1", "dead");
  version = "vllm-0.32.0";
  fleet.setState("w1", "ready");
  assert.match(await stream(), /"vllm-0\.32\.0"/);
});
