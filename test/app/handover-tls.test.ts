// Restarting a gateway whose port speaks TLS: the socket survives, the certificate is read anew, no request fails.
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect } from "node:tls";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "./api.ts";
import { gatewayFile, serveFile } from "./gateway-file.ts";
import { selfSigned } from "./self-signed.ts";
import { fakeVllm } from "./served.ts";
import { CHUNKS, streaming } from "./steady-load.ts";

const BODY = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });

function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(BODY) };
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      response.on("error", reject).on("end", () => resolve(text));
    });
    sent.on("error", reject).end(BODY);
  });
}

async function fingerprint(url: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test("a restart under TLS load: every stream is whole, kept connections end with an answer", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  const [first, second] = ["1", "2"].map((name) => selfSigned(file.folder, { name }));
  assert.ok(first && second);
  const [cert, key] = [join(file.folder, "cert"), join(file.folder, "key")];
  copyFileSync(first.certFile, cert);
  copyFileSync(first.keyFile, key);
  const spec = { gateway: { listener: { tls: { cert, key } } } };
  file.write([worker.url("m")], spec);
  const gateway = await serveFile(file, ["--supervised"], { certificate: first.cert });
  const before = await fingerprint(gateway.data);
  const [kept, fresh] = [true, false].map((keepAlive) => new Agent({ keepAlive, rejectUnauthorized: false }));
  assert.ok(kept && fresh);
  let [whole, stopping] = [0, false];
  const clients = [kept, kept, kept, fresh, fresh, fresh].map(async (agent) => {
    while (!stopping) {
      const text = await ask(gateway.data, agent);
      assert.equal(text.match(/"content":"w\d+"/g)?.length, CHUNKS);
      assert.match(text, /data: \[DONE\]\n\n$/);
      whole += 1;
    }
  });
  copyFileSync(second.certFile, cert);
  copyFileSync(second.keyFile, key);
  process.kill(gateway.pid, "SIGUSR2");
  await eventually("it was handed over", () => gateway.stderr().includes("serves now"), 30_000);
  const then = whole;
  await eventually("traffic goes on", () => whole > then + 20, 10_000);
  stopping = true;
  await Promise.all(clients);
  assert.notEqual(await fingerprint(gateway.data), before);
  for (const agent of [kept, fresh]) agent.destroy();
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
});
