// Between the loss of one worker and the leg to the next one.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, realClock } from "../../../src/core/index.ts";
import { call, chat, chunk, eventually, testFleet, testGateway, testWorker, upstream } from "../harness.ts";

const CONTINUATION = { mode: "exact", maxPerRequest: 5, maxTokens: 1000 } as const;
const TOKEN = chunk({ content: "Hi" }, { prompt_token_ids: [1], token_ids: [5] });
const ASK = chat({ stream: true, temperature: 0, max_tokens: 20 });

/** Says a token and is gone. */
const fleeting = () =>
  upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(TOKEN, () => setTimeout(() => response.destroy(), 20));
  });

test("a client that leaves there: no other worker is asked", async () => {
  const [one, two] = [await fleeting(), await fleeting()];
  const held: (() => void)[] = [];
  // The jitter before the next leg lasts until the test says so; other timers are longer.
  const clock: Clock = {
    ...realClock,
    after(delayMs, run) {
      if (delayMs >= 41) return realClock.after(delayMs, run);
      let cancelled = false;
      held.push(() => void (cancelled || run()));
      return { cancel: () => void (cancelled = true) };
    },
  };
  const fleet = testFleet([testWorker("a", one.origin), testWorker("b", two.origin)]);
  const gateway = await testGateway({ fleet, model: { continuation: CONTINUATION }, options: { clock } });
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("data", () => {});
  const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${ASK.length}`;
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n${ASK}`);
  await eventually(() => held.length === 1, "the loss");
  socket.destroy();
  await eventually(() => gateway.inflight === 0, "the end of the request");
  for (const go of held) go();
  await pause(50);
  assert.equal(one.requests.length + two.requests.length, 1);
});

test("a worker that has just been lost is not asked again, also when it is the only one", async () => {
  const worker = await fleeting();
  const fleet = testFleet([testWorker("a", worker.origin)]);
  const gateway = await testGateway({ fleet, model: { continuation: CONTINUATION } });
  const answer = await call(gateway, { body: ASK });
  assert.match(answer.body, /"error":\{"message":"The worker closed the connection/);
  assert.equal(worker.requests.length, 1);
});

test("a client that leaves while the next worker computes its prompt, or later: that worker is free at once", async () => {
  for (const says of ["", 'data: {"id":"y","choices":[{"index":0,"text":"you","token_ids":[6]}]}\n\n']) {
    const lost = await fleeting();
    const next = await upstream((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      response.write(says);
    });
    const workers = [testWorker("a", lost.origin), testWorker("b", next.origin)];
    const gateway = await testGateway({ fleet: testFleet(workers), model: { continuation: CONTINUATION } });
    const socket = connect(gateway.port, "127.0.0.1");
    let got = "";
    socket.on("data", (data) => void (got += data.toString()));
    const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${ASK.length}`;
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n${ASK}`);
    await eventually(() => next.requests.length === 1 && got.includes(says && "you"), "the next worker");
    socket.destroy();
    await next.requests[0]?.aborted;
    await eventually(() => gateway.inflight === 0, "the end of the request");
    for (const { ledger } of workers) assert.equal(ledger.load.prefillRequests + ledger.load.decodeRequests, 0);
  }
});
