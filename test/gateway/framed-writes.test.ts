// Events written to the client's socket as whole chunks: what HTTP says of them, and of clients that read slowly.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { call, chat, chunk, raw, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

const BODY = chat({ stream: true });
const head = (version: string, close: boolean) =>
  `POST /v1/chat/completions HTTP/${version}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n${close ? "Connection: close\r\n" : ""}\r\n${BODY}`;

/** `count` events, each in a write of its own, each write in a turn of its own. */
async function streaming(count: number, content: string) {
  const worker = await upstream((_request, response) => {
    void writeAll(response, count, content);
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", worker.origin)]) });
  const want = `${Array.from({ length: count }, (_, i) => chunk({ content: `${content}${i}` })).join("")}data: [DONE]\n\n`;
  return { gateway, want };
}

async function writeAll(response: ServerResponse, count: number, content: string): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let i = 0; i < count; i++) {
    if (!response.write(chunk({ content: `${content}${i}` }))) await once(response, "drain");
    await setImmediate();
  }
  response.end("data: [DONE]\n\n");
}

/** The body of the first answer in `text`, and what follows it. */
function unchunked(text: string): { readonly body: string; readonly rest: string } {
  let at = text.indexOf("\r\n\r\n") + 4;
  let body = "";
  for (;;) {
    const line = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, line), 16);
    assert.ok(size >= 0, `no chunk size: ${text.slice(at, line)}`);
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (size === 0) return { body, rest: text.slice(at) };
  }
}

test("two pipelined streams: each is whole, the second after the first", async () => {
  const { gateway, want } = await streaming(50, "é🦆 ");
  const text = await raw(gateway.port, Buffer.from(head("1.1", false) + head("1.1", true)));
  const first = unchunked(text);
  const second = unchunked(first.rest);
  const bytes = Buffer.from(want).toString("latin1");
  assert.deepEqual([first.body, second.body, second.rest], [bytes, bytes, ""]);
});

test("a client of HTTP/1.0 gets no chunk frames", async () => {
  const { gateway, want } = await streaming(20, "a");
  const text = await raw(gateway.port, Buffer.from(head("1.0", true)));
  assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4), want);
});

test("a client that reads late gets everything, and its connection serves the next request", async () => {
  const { gateway, want } = await streaming(1500, "x".repeat(3000));
  const socket = connect(gateway.port, "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  socket.write(head("1.1", false));
  // More is on the way than sockets hold.
  for (let i = 0; i < 200; i++) await setImmediate();
  let text = "";
  socket
    .setEncoding("utf8")
    .on("data", (piece: string) => (text += piece))
    .resume();
  while (!text.endsWith("0\r\n\r\n")) await once(socket, "data");
  assert.equal(unchunked(text).body, want);
  text = "";
  socket.write(head("1.1", true));
  await once(socket, "close");
  assert.equal(unchunked(text).body, want);
  assert.equal((await call(gateway, { path: "/health", method: "GET" })).status, 200);
});

test("a stream that comes in one read: the client gets its head first, then its events in their order", async () => {
  // The last one is unlike the others, so that those are flushed in the turn of the first write.
  const events = [...[" a", " b", " c"].map((content) => chunk({ content })), chunk({ content: " d" }, {}, "stop")];
  const framed = [...events, "data: [DONE]\n\n"].map((event) => `${event.length.toString(16)}\r\n${event}\r\n`);
  // node:http would make one chunk of what is written in one turn.
  const worker = await upstream((_request, { socket }) => {
    const answer =
      "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    socket?.end(`${answer}${framed.join("")}0\r\n\r\n`);
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", worker.origin)]) });
  for (let i = 0; i < 3; i++) {
    const text = await raw(gateway.port, Buffer.from(head("1.1", true)));
    assert.match(text, /^HTTP\/1\.1 200/);
    assert.equal(unchunked(text).body, `${events.join("")}data: [DONE]\n\n`);
  }
});

test("many events in a read, one of them in two: all of them leave as they came", async () => {
  const tokens = Array.from({ length: 500 }, (_, i) => chunk({ content: `t${i} ` }));
  let goOn = () => {};
  const worker = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "first" }));
    goOn = () => {
      // node:http makes one chunk of what is written in one turn.
      response.socket?.write(tokens.map((token) => `${token.length.toString(16)}\r\n${token}\r\n`).join(""));
      response.end("data: [DONE]\n\n");
    };
  });
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", worker.origin)]) });
  const socket = connect(gateway.port, "127.0.0.1").setEncoding("utf8");
  let text = "";
  socket.on("data", (piece: string) => (text += piece)).write(head("1.1", true));
  while (!text.includes("first")) await once(socket, "data");
  goOn();
  await once(socket, "close");
  assert.equal(unchunked(text).body, `${[chunk({ content: "first" }), ...tokens].join("")}data: [DONE]\n\n`);
});
