// Whatever bytes a client sends: an answer or a closed connection, and other requests are not touched.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { call, chat, raw, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

const ANSWERED = /^HTTP\/1\.1 \d{3} [^]*?\r\n\r\n/;

/** Mostly right, so that it gets past the first check. */
const line = fc.oneof(
  fc.constantFrom(
    "Host: x",
    "Content-Type: application/json",
    "Content-Length: 20",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "Connection: keep-alive, x",
    "Expect: 100-continue",
    "Expect: magic",
    "Upgrade: h2c",
    "Authorization: Bearer x",
  ),
  fc.string({ unit: "binary-ascii", maxLength: 40 }),
);
const path = fc.constantFrom(
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/models",
  "/v1/messages",
  "/health",
  "*",
  "/%ff",
  "//",
);
const head = fc
  .tuple(fc.constantFrom("POST", "GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"), path, fc.array(line, { maxLength: 6 }))
  .map(([method, target, lines]) => `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);

test("random heads and bodies", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  await fc.assert(
    fc.asyncProperty(head, fc.uint8Array({ maxLength: 200 }), async (start, body) => {
      const bytes = Buffer.concat([Buffer.from(start, "latin1"), body, Buffer.from("\r\n\r\n")]);
      const [, honest] = await Promise.all([raw(gateway.port, bytes, ANSWERED, 100), call(gateway, { body: chat() })]);
      assert.equal(honest.status, 200);
    }),
    { numRuns: 60 },
  );
  assert.equal(gateway.inflight, 0);
});

test("random JSON bodies with the fields the gateway looks at", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const value = fc.jsonValue({ maxDepth: 3 });
  const fields = fc.dictionary(
    fc.constantFrom(
      "model",
      "stream",
      "stream_options",
      "messages",
      "prompt",
      "n",
      "max_tokens",
      "user",
      "session_id",
      "cache_salt",
      "kv_transfer_params",
      "priority",
      "__proto__",
    ),
    fc.oneof(value, fc.constant("tiny"), fc.boolean()),
  );
  const forwarded = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fields, path, async (body, target) => {
      const answer = await call(gateway, {
        path: target.startsWith("/") ? target : "/v1/completions",
        body: JSON.stringify(body),
      });
      forwarded.add(answer.status);
      assert.ok([200, 400, 404, 405].includes(answer.status), `${answer.status} ${answer.body}`);
    }),
    { numRuns: 200 },
  );
  for (const seen of up.requests) {
    const sent = JSON.parse(seen.body);
    assert.ok(!Object.hasOwn(sent, "kv_transfer_params") && !Object.hasOwn(sent, "priority"));
  }
  assert.ok(forwarded.has(200) && forwarded.has(400));
});

test("garbage after a request does not end up in its answer", async () => {
  const up = await upstream((request, response) => setTimeout(() => unary(request, response), 30));
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const body = chat();
  const bytes = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}\0\0garbage\r\n\r\n`;
  const text = await raw(gateway.port, bytes);
  assert.ok((text.match(/HTTP\/1\.1/g)?.length ?? 0) <= 1, text);
  assert.equal((await call(gateway, { body: chat() })).status, 200);
});
