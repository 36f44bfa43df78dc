// Proofs of a tenant other than keys, as users have them: signed tokens, and the header of a proxy in front.
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../../bench/lib/serve-process.ts";
import { eventually } from "../api.ts";
import { testDeployment } from "../deployment.ts";

const FIRST = { kid: "k", key: generateKeyPairSync("ed25519").privateKey };
const folder = mkdtempSync(join(tmpdir(), "switchgear-proofs-"));
const jwks = join(folder, "jwks.json");

const TENANTS = `---
apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  trustedHeader: { name: x-tenant, from: [127.0.0.2] }
  jwt: [{ issuer: "https://issuer", audience: gateway, jwksFile: ${jwks}, algorithms: [EdDSA] }]
  tenants:
    - { name: bob, limits: { models: [bobs] } }
`;

let serve: ServeProcess;
before(async () => {
  publish(FIRST);
  serve = await startServe(testDeployment({ replicas: 1 }) + TENANTS);
});
after(async () => {
  await serve.stop();
  rmSync(folder, { recursive: true });
});

function tokenOf(claims: object, { kid, key }: { readonly kid: string; readonly key: KeyObject } = FIRST): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "EdDSA", kid })}.${part(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

function publish(...keys: readonly { readonly kid: string; readonly key: KeyObject }[]): void {
  const published = keys.map(({ kid, key }) => ({ ...key.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" }));
  writeFileSync(jwks, JSON.stringify({ keys: published.map(({ d: _secret, ...open }) => open) }));
}

interface Models {
  readonly status: number;
  /** As many as the tenant may see: none of bob's, one of another's. */
  readonly count: number | undefined;
}

function models(headers: Readonly<Record<string, string>>, localAddress = "127.0.0.1"): Promise<Models> {
  return new Promise((resolve, reject) => {
    const sent = request(`${serve.data}/v1/models`, { localAddress, headers });
    sent.on("error", reject).on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => {
        const { data } = JSON.parse(text) as { readonly data?: readonly unknown[] };
        resolve({ status: answer.statusCode ?? 0, count: data?.length });
      });
    });
    sent.end();
  });
}

const REFUSED: Models = { status: 401, count: undefined };

test("a signed token names its tenant; one for somebody else, or changed, nobody", async () => {
  const claims = { iss: "https://issuer", aud: "gateway", exp: Math.floor(Date.now() / 1000) + 600, tenant: "bob" };
  const asked = (token: string): Promise<Models> => models({ authorization: `Bearer ${token}` });
  assert.deepEqual(await asked(tokenOf(claims)), { status: 200, count: 0 });
  assert.deepEqual(await asked(tokenOf({ ...claims, tenant: "alice" })), { status: 200, count: 1 });
  for (const bad of [tokenOf({ ...claims, aud: "other" }), tokenOf({ ...claims, exp: 1 }), `${tokenOf(claims)}A`])
    assert.deepEqual(await asked(bad), REFUSED);
});

test("the header of a proxy names a tenant from the listed address, and from no other", async () => {
  const headers = { "x-tenant": "bob" };
  assert.deepEqual(await models(headers, "127.0.0.2"), { status: 200, count: 0 });
  assert.deepEqual(await models({ "x-tenant": "alice" }, "127.0.0.2"), { status: 200, count: 1 });
  assert.deepEqual(await models(headers), REFUSED);
});

test("bug: keys of tokens that were renewed in their file counted from the next reload of another file on", async () => {
  const claims = { iss: "https://issuer", aud: "gateway", exp: Math.floor(Date.now() / 1000) + 600, tenant: "bob" };
  const second = { kid: "second", key: generateKeyPairSync("ed25519").privateKey };
  const status = async (of: typeof second) => (await models({ authorization: `Bearer ${tokenOf(claims, of)}` })).status;
  assert.equal(await status(second), 401);
  publish(second);
  await eventually("the new key counts", async () => (await status(second)) === 200);
  assert.equal(await status(FIRST), 401);
});
