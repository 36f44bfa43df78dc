// bug: kv_aware took answers whose events bring several tokens each for late, since each event counted as one token.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, chunk, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

test("bug: what an event brings is learnt from the usage of whole answers", async () => {
  const worker = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ role: "assistant", content: "" }));
    for (let i = 0; i < 8; i++) response.write(chunk({ content: "four tokens of text" }));
    response.write(chunk({}, {}, "stop"));
    const usage = { prompt_tokens: 5, completion_tokens: 32, total_tokens: 37 };
    response.end(`data: ${JSON.stringify({ id: "x", choices: [], usage })}\n\ndata: [DONE]\n\n`);
  });
  const fleet = testFleet([testWorker("w1", worker.origin)]);
  const gateway = await testGateway({ fleet });
  for (let i = 0; i < 40; i++) await call(gateway, { body: chat({ stream: true }) });
  const { tokensPerCount = 0 } = fleet.list[0]?.ledger.load ?? {};
  assert.ok(tokensPerCount > 3 && tokensPerCount <= 4, String(tokensPerCount));
});
