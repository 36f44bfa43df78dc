// Certificates and keys for the way to an arm of a plan, renewed while the gateway runs.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { test } from "node:test";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { eventually } from "../api.ts";
import { selfSigned } from "../self-signed.ts";
import { fakeVllm } from "../served.ts";
import { migrating, streams } from "./migrating.ts";

test("a renewed certificate and key file of an arm are used without a restart; half of a pair is not", async () => {
  const folder = temporaryFolder();
  const [server, first, second] = ["s", "1", "2"].map((name) => selfSigned(folder, { name }));
  assert.ok(server && first && second);
  const shown: string[] = [];
  const says = streams("legacy");
  const legacy = await fakeVllm(
    (request, response) => {
      const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
      shown.push(`${fingerprint256} ${request.headers["authorization"]}`);
      says(request, response);
    },
    { cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false },
  );
  const [cert, key, file] = [join(folder, "cert"), join(folder, "key"), join(folder, "api-key")];
  copyFileSync(first.certFile, cert);
  copyFileSync(first.keyFile, key);
  writeFileSync(file, "one\n");
  const gateway = await migrating({
    between: { legacy, candidate: await fakeVllm(streams("candidate")) },
    spec: { legacy: { url: legacy.url("m"), tls: { ca: server.certFile, cert, key }, keyFrom: { file } } },
  });
  const asked = async (): Promise<string> => {
    assert.equal((await gateway.ask("ann")).status, 200);
    return shown.at(-1) ?? "";
  };
  const before = await asked();
  assert.match(before, / Bearer one$/);
  writeFileSync(file, "two\n");
  await eventually("the new key is sent", async () => (await asked()) === before.replace("one", "two"));
  copyFileSync(second.certFile, cert);
  await eventually("half of a pair is refused", () =>
    gateway.log.some((line) => line.includes("configuration rejected")),
  );
  assert.equal(await asked(), before.replace("one", "two"));
  copyFileSync(second.keyFile, key);
  await eventually("the new certificate is shown", async () => !(await asked()).startsWith(before.slice(0, 20)));
});
