// TLS on both sides of the gateway, end to end: certificates made here, real handshakes, files that change.
import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { Agent, createServer, request, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "node:tls";
import type { JsonObject } from "../config/deployment-text.ts";
import { startEngineServer } from "../../src/engine/index.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { type Answer, call, chat, chunk, streamed, unary } from "../gateway/harness.ts";
import { eventually, workers } from "./api.ts";
import { type SelfSigned, selfSigned } from "./self-signed.ts";
import { behind, type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

const gatewayTls = (worker: FakeVllm, tls: JsonObject) =>
  served(behind(worker, { m: { gateway: { listener: { tls } } } }));

const pair = ({ certFile, keyFile }: SelfSigned) => ({ cert: certFile, key: keyFile });

function ask({ port }: Pick<Served, "port">, options: RequestOptions, body = chat({ model: "m" })): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const path = "/v1/chat/completions";
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent: false, ...options });
    asked.on("error", reject).on("response", (response) => {
      const chunks: Buffer[] = [];
      const { statusCode: status = 0, headers: received } = response;
      const end = () =>
        resolve({ status, headers: received, body: String(Buffer.concat(chunks)), complete: response.complete });
      response.on("data", (one: Buffer) => chunks.push(one)).on("end", end);
    });
    asked.end(body);
  });
}

/** Fingerprint that a new handshake sees. */
async function shownBy({ port }: Pick<Served, "port">, options: object = {}): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

test("listener.tls: cert and key make the port HTTPS, and it speaks nothing else", async () => {
  const certificate = selfSigned(temporaryFolder());
  const serve = await gatewayTls(await fakeVllm(unary), pair(certificate));
  const answer = await ask(serve, { ca: certificate.cert });
  assert.deepEqual([answer.status, JSON.parse(answer.body).choices.length], [200, 1]);
  assert.equal(serve.dataUrl, `https://127.0.0.1:${serve.port}`);
  await assert.rejects(call(serve, { body: chat({ model: "m" }) }), /ECONNRESET|socket hang up/);
  // A handshake that fails leaves the server as it was.
  assert.equal((await ask(serve, { ca: certificate.cert })).status, 200);
});

test("a certificate without its key, or another one's, opens no port", async () => {
  const [one, other] = [selfSigned(temporaryFolder()), selfSigned(temporaryFolder())];
  const worker = await fakeVllm(unary);
  await assert.rejects(gatewayTls(worker, { cert: one.certFile, key: other.keyFile }), { code: "SWG_TLS_INVALID" });
  await assert.rejects(gatewayTls(worker, { cert: one.certFile, key: "/nowhere" }), { code: "SWG_TLS_INVALID" });
  await assert.rejects(gatewayTls(worker, { cert: one.certFile }), /tls\.key.*is missing/);
});

test("listener.tls.clientCa: a client without a certificate of it gets no connection", async () => {
  const folder = temporaryFolder();
  const [server, client, stranger] = [
    selfSigned(folder, { name: "s" }),
    selfSigned(folder, { name: "c" }),
    selfSigned(folder, { name: "x" }),
  ];
  const worker = await fakeVllm(unary);
  const serve = await gatewayTls(worker, { ...pair(server), clientCa: client.certFile });
  const known = { ca: server.cert, cert: client.cert, key: client.key };
  assert.equal((await ask(serve, known)).status, 200);
  for (const one of [{}, { cert: stranger.cert, key: stranger.key }])
    await assert.rejects(ask(serve, { ca: server.cert, ...one }), "no connection");
  assert.equal(worker.asked("m").length, 1);
});

test("listener.tls.minVersion and ciphers: what a client offers must be among it", async () => {
  const certificate = selfSigned(temporaryFolder());
  const worker = await fakeVllm(unary);
  const newest = await gatewayTls(worker, { ...pair(certificate), minVersion: "1.3" });
  await assert.rejects(shownBy(newest, { maxVersion: "TLSv1.2" }));
  assert.ok(await shownBy(newest));
  const suite = "ECDHE-ECDSA-AES256-GCM-SHA384";
  const chosen = await gatewayTls(worker, { ...pair(certificate), ciphers: suite });
  assert.ok(await shownBy(chosen, { maxVersion: "TLSv1.2", ciphers: suite }));
  await assert.rejects(shownBy(chosen, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }));
  await assert.rejects(shownBy(chosen, { maxVersion: "TLSv1.1", minVersion: "TLSv1.1" }));
});

test("a changed certificate is for new handshakes, open streams go on; a broken one is refused and told", async () => {
  const folder = temporaryFolder();
  const [first, second] = [selfSigned(folder, { name: "a" }), selfSigned(folder, { name: "b" })];
  const live = { cert: join(folder, "live.pem"), key: join(folder, "live.key") };
  const install = ({ certFile, keyFile }: SelfSigned) => {
    copyFileSync(certFile, live.cert);
    copyFileSync(keyFile, live.key);
  };
  install(first);
  let finish: (() => void) | undefined;
  const worker = await fakeVllm((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(chunk({ content: "a" }));
    finish = () => response.end("data: [DONE]\n\n");
  });
  const serve = await gatewayTls(worker, live);
  const running = ask(serve, { ca: first.cert }, chat({ model: "m", stream: true }));
  await eventually("the stream has begun", () => finish !== undefined);
  const before = await shownBy(serve);
  writeFileSync(live.cert, "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
  await eventually("it is refused", () => serve.log.some((line) => /not renewed/.test(line)));
  assert.equal(await shownBy(serve), before);
  install(second);
  await eventually("the new one is shown", async () => (await shownBy(serve)) !== before);
  finish?.();
  assert.match((await running).body, /\[DONE\]/);
  const page = await (await fetch(serve.metrics ?? "")).text();
  assert.match(page, /switchgear_front_renewals_total\{what="tls",result="refused"\} [1-9]/);
  assert.match(page, /switchgear_front_renewals_total\{what="tls",result="ok"\} [1-9]/);
  assert.ok(!serve.log.join("").includes("PRIVATE KEY"));
});

test("tls.serverName is asked for and checked in place of the address", async () => {
  const named = selfSigned(temporaryFolder(), { host: "worker.internal" });
  const asked: (string | false)[] = [];
  const worker = await fakeVllm(unary, { cert: named.cert, key: named.key });
  worker.onHandshake((name) => asked.push(name));
  const endpoint = (tls: JsonObject) => ({ url: worker.url("m"), tls: { ca: named.certFile, ...tls } });
  const spec = (name: string, tls: JsonObject) => ({
    spec: { serving: { workers: { endpoints: [{ ...endpoint(tls), url: worker.url(name) }] } } },
  });
  const documents = {
    right: spec("right", { serverName: "worker.internal" }),
    wrong: spec("wrong", { serverName: "other.internal" }),
    none: spec("none", {}),
  };
  const serve = await served(documents, { early: true });
  await eventually("the one with the right name is ready", async () => (await ready(serve)).length === 1);
  assert.deepEqual(await ready(serve), ["right-workers-0"]);
  assert.equal((await serve.ask("right")).status, 200);
  assert.ok(asked.includes("worker.internal"));
  assert.ok(worker.requests.every(({ path }) => path.startsWith("/right/")));
});

async function ready(serve: Served): Promise<string[]> {
  return (await workers(serve)).filter(({ state }) => state === "ready").map(({ id }) => id);
}

test("an engine behind mTLS is probed, asked about itself, scraped and streamed from with the client's certificate", async (t) => {
  const folder = temporaryFolder();
  const [server, client] = [selfSigned(folder, { name: "s" }), selfSigned(folder, { name: "c" })];
  const engine = await startEngineServer({ port: 0, model: "m", servedModelNames: ["m"] });
  t.after(() => engine.close());
  const { url, paths } = await mutualTls(t, engine.port, { server, client });
  const tls = { ca: server.certFile, cert: client.certFile, key: client.keyFile };
  const serve = await served({ m: { spec: { serving: { workers: { endpoints: [{ url, tls, kvEvents: false }] } } } } });
  const body = { max_tokens: 3, stream: true };
  assert.match((await serve.ask("m", body)).body, /data: \[DONE\]\n\n$/);
  await eventually("health and metrics are asked for", () =>
    ["/health", "/metrics", "/v1/models"].every((path) => paths.has(path)),
  );
  const agent = new Agent({ rejectUnauthorized: false });
  await assert.rejects(ask({ port: Number(new URL(url).port) }, { agent }), "without a certificate there is no way in");
  agent.destroy();
});

interface Ends {
  readonly server: SelfSigned;
  readonly client: SelfSigned;
}

/** Before a plain engine, as a sidecar would stand; tells which paths were asked for. */
async function mutualTls(t: TestContext, port: number, { server, client }: Ends) {
  const paths = new Set<string>();
  const front = createServer(
    { cert: server.cert, key: server.key, ca: client.cert, requestCert: true, rejectUnauthorized: true },
    (incoming, outgoing) => {
      paths.add(incoming.url ?? "");
      const { method = "GET", url: path = "/", headers } = incoming;
      const inner = plainRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      inner.on("error", () => outgoing.destroy());
      incoming.pipe(inner);
    },
  );
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  t.after(() => {
    front.close();
    front.closeAllConnections();
  });
  return { url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`, paths };
}

test("a stream over TLS has the bytes that it has without", async () => {
  const certificate = selfSigned(temporaryFolder());
  const worker = await fakeVllm(streamed);
  const [secure, plain] = [await gatewayTls(worker, pair(certificate)), await served(behind(worker, { m: {} }))];
  const body = chat({ model: "m", stream: true });
  const over = await ask(secure, { ca: certificate.cert }, body);
  assert.equal(over.body, (await call(plain, { body })).body);
});
