// Certificates and keys for the way to workers, renewed while the gateway runs.
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { test } from "node:test";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { unary } from "../gateway/harness.ts";
import { eventually } from "./api.ts";
import { selfSigned } from "./self-signed.ts";
import { fakeVllm, served } from "./served.ts";

test("a renewed certificate for a worker is shown to it without a restart; half of a pair is not", async () => {
  const folder = temporaryFolder();
  const [server, first, second] = ["s", "1", "2"].map((name) => selfSigned(folder, { name }));
  assert.ok(server && first && second);
  const shown: string[] = [];
  const worker = await fakeVllm(
    (request, response) => {
      shown.push((response.socket as TLSSocket).getPeerCertificate().fingerprint256);
      unary(request, response);
    },
    // It looks at what is shown, and takes anything.
    { cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false },
  );
  const [cert, key] = [join(folder, "cert"), join(folder, "key")];
  copyFileSync(first.certFile, cert);
  copyFileSync(first.keyFile, key);
  const tls = { ca: server.certFile, cert, key };
  const gateway = await served({
    m: { spec: { serving: { workers: { endpoints: [{ url: worker.url("m"), tls }] } } } },
  });
  const asked = async () => {
    assert.equal((await gateway.ask("m")).status, 200);
    return shown.at(-1);
  };
  const before = await asked();
  copyFileSync(second.certFile, cert);
  await eventually("half of a pair is refused", () =>
    gateway.log.some((line) => line.includes("configuration rejected")),
  );
  assert.equal(await asked(), before);
  copyFileSync(second.keyFile, key);
  await eventually("the new certificate is shown", async () => (await asked()) !== before);
  assert.equal(gateway.log.join("").includes(readFileSync(key, "utf8").split("\n")[1] ?? "no key"), false);
});

test("a renewed key of a worker is sent without a restart", async () => {
  const worker = await fakeVllm(unary);
  const file = join(temporaryFolder(), "worker-key");
  writeFileSync(file, "first\n");
  const endpoint = { url: worker.url("m"), keyFrom: { file } };
  const gateway = await served({ m: { spec: { serving: { workers: { endpoints: [endpoint] } } } } });
  const sent = async () => {
    assert.equal((await gateway.ask("m")).status, 200);
    return worker.asked("m").at(-1)?.headers["authorization"];
  };
  assert.equal(await sent(), "Bearer first");
  writeFileSync(file, "second\n");
  await eventually("the new key is sent", async () => (await sent()) === "Bearer second");
});

test("files for a worker that are no pair, or not there, are named at the start", async () => {
  const folder = temporaryFolder();
  const [one, other] = [selfSigned(folder, { name: "1" }), selfSigned(folder, { name: "2" })];
  for (const tls of [{ cert: one.certFile, key: other.keyFile }, { ca: join(folder, "nowhere") }]) {
    const endpoint = { url: "https://127.0.0.1:9", tls };
    const starting = served({ m: { spec: { serving: { workers: { endpoints: [endpoint] } } } } });
    await assert.rejects(starting, { code: "SWG_TLS_INVALID", message: /https:\/\/127\.0\.0\.1:9/ });
  }
});
