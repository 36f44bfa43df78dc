// vLLM closes idle connections after 5 s: a file of its own, since it waits that long beside the others.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startEngineServer } from "../../../src/engine/server.ts";

test("idle keep-alive connections are closed after vLLM's 5 s, not before 4.5 s", async (t) => {
  const server = await startEngineServer({ port: 0 });
  t.after(() => server.close());
  const { port } = server;
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "data");
  const begin = performance.now();
  socket.resume();
  await once(socket, "end");
  const waited = performance.now() - begin;
  assert.ok(waited > 4500 && waited < 7000, `${waited} ms`);
});
