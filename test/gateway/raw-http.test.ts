// Shapes of HTTP that two parsers could read differently, and other ill-formed heads, on bare sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, raw, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

const BODY = chat();
const head = (...lines: string[]) => `POST /v1/chat/completions HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
const TYPE = "Content-Type: application/json";
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = "Transfer-Encoding: chunked";
const HOST = "Host: x";
const chunks = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

const REFUSED: readonly (readonly [string, string])[] = [
  ["Content-Length and Transfer-Encoding", head(HOST, TYPE, LENGTH, CHUNKED) + chunks],
  ["Transfer-Encoding and Content-Length", head(HOST, TYPE, CHUNKED, LENGTH) + chunks],
  ["two Content-Length that differ", head(HOST, TYPE, LENGTH, "Content-Length: 5") + BODY],
  ["two Content-Length that agree", head(HOST, TYPE, LENGTH, LENGTH) + BODY],
  ["a Content-Length list", head(HOST, TYPE, `Content-Length: ${BODY.length}, ${BODY.length}`) + BODY],
  ["a signed Content-Length", head(HOST, TYPE, `Content-Length: +${BODY.length}`) + BODY],
  ["a negative Content-Length", head(HOST, TYPE, "Content-Length: -1") + BODY],
  ["a hexadecimal Content-Length", head(HOST, TYPE, "Content-Length: 0x10") + BODY],
  ["an empty Content-Length", head(HOST, TYPE, "Content-Length:") + BODY],
  ["a white space before the colon", head(HOST, TYPE, `Content-Length : ${BODY.length}`) + BODY],
  ["a folded header", head(HOST, TYPE, "X-Folded: a", " b", LENGTH) + BODY],
  ["a folded Transfer-Encoding", head(HOST, TYPE, "Transfer-Encoding:", " chunked") + chunks],
  ["Transfer-Encoding: identity, chunked", head(HOST, TYPE, "Transfer-Encoding: identity, chunked") + chunks],
  ["Transfer-Encoding: xchunked", head(HOST, TYPE, "Transfer-Encoding: xchunked") + chunks],
  ["Transfer-Encoding: chunked, gzip", head(HOST, TYPE, "Transfer-Encoding: chunked, gzip") + chunks],
  ["two Transfer-Encoding", head(HOST, TYPE, CHUNKED, CHUNKED) + chunks],
  ["Transfer-Encoding in HTTP/1.0", head(HOST, TYPE, CHUNKED).replace("1.1", "1.0") + chunks],
  ["a chunk size that is no number", `${head(HOST, TYPE, CHUNKED)}zz\r\n${BODY}\r\n0\r\n\r\n`],
  ["a chunk longer than its size", `${head(HOST, TYPE, CHUNKED)}5\r\n${BODY}\r\n0\r\n\r\n`],
  ["a chunk size beyond 64 bits", `${head(HOST, TYPE, CHUNKED)}fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`],
  ["a bare LF after a chunk size", `${head(HOST, TYPE, CHUNKED)}${BODY.length.toString(16)}\n${BODY}\n0\n\n`],
  ["bare LF line ends", head(HOST, TYPE, LENGTH).replaceAll("\r\n", "\n") + BODY],
  ["a bare CR in a header", head(HOST, TYPE, "X-A: b\rContent-Length: 0", LENGTH) + BODY],
  ["a NUL in a header", head(HOST, TYPE, "X-A: b\0c", LENGTH) + BODY],
  ["a header name with a bracket", head(HOST, TYPE, "X(A): b", LENGTH) + BODY],
  ["no Host", head(TYPE, LENGTH) + BODY],
  ["two Host", head(HOST, "Host: y", TYPE, LENGTH) + BODY],
  ["two Content-Type", head(HOST, TYPE, "Content-Type: text/plain", LENGTH) + BODY],
  ["an unknown HTTP version", head(HOST, TYPE, LENGTH).replace("1.1", "3.7") + BODY],
  ["a method that does not exist", head(HOST, TYPE, LENGTH).replace("POST", "PO ST") + BODY],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["headers larger than the limit", head(HOST, TYPE, `X-Big: ${"a".repeat(100_000)}`, LENGTH) + BODY],
  ["an upgrade", head(HOST, TYPE, "Connection: Upgrade", "Upgrade: websocket", LENGTH) + BODY],
];

test("each is refused with a 4xx in OpenAI's shape, the connection ends, and no worker sees anything", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  for (const [what, bytes] of REFUSED) {
    // A second request right behind: it must not be answered on this connection.
    const second = `GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n`;
    const text = await raw(gateway.port, Buffer.from(bytes + second, "latin1"));
    assert.match(text, /^HTTP\/1\.1 4\d\d /, what);
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, `${what}: ${text}`);
    const body = text.slice(text.indexOf("\r\n\r\n") + 4);
    assert.deepEqual(Object.keys(JSON.parse(body).error), ["message", "type", "param", "code"], what);
  }
  assert.deepEqual(up.requests, []);
  assert.equal((await call(gateway, { body: BODY })).status, 200);
});

test("an honest chunked request and a pipelined pair are served", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const bytes = head(HOST, TYPE, CHUNKED) + chunks + head(HOST, TYPE, LENGTH, "Connection: close") + BODY;
  const text = await raw(gateway.port, bytes);
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
  assert.ok(up.requests.every((one) => one.body === BODY && one.headers["transfer-encoding"] === undefined));
});

test("Expect: 100-continue gets its 100 before the body is sent", async () => {
  const up = await upstream(unary);
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const text = await raw(gateway.port, head(HOST, TYPE, LENGTH, "Expect: 100-continue", "Connection: close") + BODY);
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
});
