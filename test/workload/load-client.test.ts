// The load client against a server that streams, fails, hangs and breaks.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { realClock, seededRandom } from "../../src/core/index.ts";
import {
  type LoadClient,
  loadClient,
  type RequestSample,
  runLoad,
  runSessions,
  syntheticPlan,
} from "../../src/workload/index.ts";

const bodies: string[] = [];
let behave: (response: ServerResponse) => void = stream;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    bodies.push(body);
    behave(response);
  });
});
let client: LoadClient;

before(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = loadClient({ url, clock: realClock, startedAt: realClock.now(), timeoutMs: 300 });
});

after(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

function stream(response: ServerResponse): void {
  const events = [
    '{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}',
    '{"choices":[{"index":0,"delta":{"content":"Hel"}}]}',
    '{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}',
    '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}',
    "[DONE]",
  ];
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) response.write(`data: ${event}\n\n`);
  response.end();
}

const send = (): Promise<RequestSample> =>
  client.send({ plannedAt: 0, path: "/v1/x", body: Buffer.from("{}"), collectText: true });

test("a stream is measured: role chunk, tokens, usage, text", async () => {
  behave = stream;
  const sample = await send();
  assert.equal(sample.outcome, "ok");
  assert.equal(sample.chunks, 2);
  assert.equal(sample.gaps.length, 1);
  assert.equal(sample.text, "Hello");
  assert.deepEqual([sample.promptTokens, sample.cachedTokens, sample.outputTokens], [7, 4, 2]);
});

test("an error status is a failure with the server's words", async () => {
  behave = (response) => void response.writeHead(503).end("queue is full");
  const sample = await send();
  assert.equal(sample.outcome, "error");
  assert.match(sample.failure ?? "", /status 503: queue is full/);
});

test("an in-band error is a failure although the status is 200", async () => {
  behave = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end('data: {"error":{"message":"EngineCore encountered an issue","code":500}}\n\ndata: [DONE]\n\n');
  };
  assert.equal((await send()).outcome, "error");
});

test("a server that hangs is a timeout, one that breaks off an error", async () => {
  behave = () => undefined;
  assert.equal((await send()).outcome, "timeout");
  behave = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"choices":[{"delta":{"content":"x"}}]}\n\n', () => void response.destroy());
  };
  assert.equal((await send()).outcome, "error");
});

test("an open loop sends all at their times, a closed loop never more than its users", async () => {
  let inside = 0;
  let most = 0;
  behave = (response) => {
    most = Math.max(most, ++inside);
    setTimeout(() => {
      inside -= 1;
      stream(response);
    }, 10);
  };
  const samples: RequestSample[] = [];
  const plan = (count: number): Iterator<Parameters<LoadClient["send"]>[0]> =>
    syntheticPlan({
      model: "m",
      times: new Float64Array(count),
      inputTokens: 8,
      outputTokens: 2,
      jitter: 0,
      sharedShare: 0.5,
      groups: 1,
      vocabulary: 1000,
      random: seededRandom(1),
    });
  const run = {
    client,
    clock: realClock,
    startedAt: realClock.now(),
    onSample: (one: RequestSample) => void samples.push(one),
  };
  await runLoad({ ...run, plan: plan(20), concurrency: 3 });
  assert.equal(samples.length, 20);
  assert.equal(most, 3);
  await runLoad({ ...run, plan: plan(12), concurrency: undefined });
  assert.equal(samples.length, 32);
  assert.ok(most > 3, "an open loop does not wait for answers");
});

test("each turn of a session carries the whole conversation", async () => {
  behave = stream;
  bodies.length = 0;
  const samples: RequestSample[] = [];
  const lengths = { systemWords: 5, userWords: 5, outputTokens: 2, thinkMs: 1 };
  await runSessions({
    client,
    clock: realClock,
    startedAt: 0,
    model: "m",
    sessions: 1,
    turns: 3,
    ...lengths,
    random: seededRandom(1),
    onSample: (one) => void samples.push(one),
  });
  const roles = bodies.map((body) => (JSON.parse(body) as { messages: { role: string; content: string }[] }).messages);
  assert.deepEqual(
    roles.map((messages) => messages.length),
    [2, 4, 6],
  );
  assert.equal(roles[2]?.[2]?.content, "Hello");
  assert.equal(samples.length, 3);
});
