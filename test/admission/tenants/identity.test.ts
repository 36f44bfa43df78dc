// Who asks: keys by their hash, tokens by their signature, headers only from the proxies that are listed.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { cacheSalt, identifier, keyTable, loadVerifier, newApiKey } from "../../../src/admission/index.ts";
import { noTenants, type TenantsConfig } from "../../../src/config/index.ts";
import type { KeyRow } from "../../../src/state/index.ts";

const NOW = Date.UTC(2026, 10, 15);

function stored(more: Partial<KeyRow> = {}): { readonly key: string; readonly row: KeyRow } {
  const { key, id, hash } = newApiKey(randomBytes(38));
  const row = {
    id,
    hash,
    tenant: "a",
    role: "client",
    label: "",
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  };
  return { key, row: { ...row, ...more } as KeyRow };
}

function ask(authorization: string | undefined, more: { remoteAddress?: string; tenant?: string } = {}) {
  const headers = more.tenant === undefined ? {} : { "x-tenant": more.tenant };
  return { authorization, headers, remoteAddress: more.remoteAddress ?? "192.0.2.1" };
}

test("a key is its tenant until it is expired or revoked, and nothing that resembles it is", () => {
  const [one, old, gone, admin] = [
    stored(),
    stored({ expiresAt: NOW }),
    stored({ revokedAt: NOW }),
    stored({ role: "admin" }),
  ];
  const keys = keyTable();
  keys.replace([one, old, gone, admin].map(({ row }) => row));
  const who = identifier({ config: noTenants(), keys, tokens: undefined });
  const by = (key: string) => who.identify(ask(`Bearer ${key}`), NOW);
  assert.deepEqual(by(one.key), { tenant: "a", keyId: one.row.id });
  assert.deepEqual(who.identify(ask(`bearer ${old.key}`), NOW - 1), { tenant: "a", keyId: old.row.id });
  for (const wrong of [
    old.key,
    gone.key,
    admin.key,
    one.key.slice(0, -1),
    `${one.key}x`,
    one.key.replace(/.$/, (c) => (c === "A" ? "B" : "A")),
  ])
    assert.equal(by(wrong), "refused");
  assert.equal(by("sk-other"), undefined);
  assert.equal(who.identify(ask(undefined), NOW), undefined);
  assert.ok(!JSON.stringify(keys.all).includes(one.key.slice(17)), "the table holds no secret");
});

test("anonymous by default ends with the first key or tenant, and with `deny`", () => {
  const keys = keyTable();
  const config = noTenants();
  const one = (change: Partial<TenantsConfig>) =>
    identifier({ config: { ...config, ...change }, keys, tokens: undefined });
  assert.equal(one({}).anonymous, true);
  assert.equal(one({ anonymous: "deny" }).anonymous, false);
  const trustedHeader = { name: "x-tenant", from: ["10.0.0.0/8"] };
  assert.equal(one({ trustedHeader }).anonymous, false);
  keys.replace([stored({ role: "admin" }).row]);
  assert.equal(one({}).anonymous, true);
  keys.replace([stored({ revokedAt: 1 }).row]);
  assert.equal(one({}).anonymous, false);
  assert.equal(one({ anonymous: "allow" }).anonymous, true);
});

test("the header counts only from listed addresses, in either form", () => {
  const config = { ...noTenants(), trustedHeader: { name: "X-Tenant", from: ["10.0.0.0/8", "fd00::/8"] } };
  const who = identifier({ config, keys: keyTable(), tokens: undefined });
  const from = (remoteAddress: string, tenant = "b") => who.identify(ask(undefined, { remoteAddress, tenant }), NOW);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"])
    assert.deepEqual(from(address), { tenant: "b", keyId: undefined });
  for (const address of ["11.0.0.1", "::ffff:11.0.0.1", "fe80::1", ""]) assert.equal(from(address), undefined);
  for (const tenant of ["anonymous", "B", "a b", "", "../x"]) assert.equal(from("10.1.2.3", tenant), undefined);
});

test("a token counts with its signature, issuer, audience and times, and only then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-jwks-"));
  try {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const other = await generateKeyPair("ES256");
    const jwksFile = join(folder, "jwks.json");
    writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES256" }] }));
    const settings = {
      issuer: "https://id",
      audience: "llm",
      jwksFile,
      claim: "org",
      algorithms: ["ES256" as const],
      clockToleranceSeconds: 0,
    };
    const tokens = await loadVerifier([settings]);
    const who = identifier({ config: { ...noTenants(), jwt: [settings] }, keys: keyTable(), tokens });
    const make = (change: { iss?: string; aud?: string; exp?: number; org?: unknown; key?: typeof privateKey } = {}) =>
      new SignJWT({ org: "org" in change ? change.org : "c" })
        .setProtectedHeader({ alg: "ES256", kid: "1" })
        .setIssuer(change.iss ?? "https://id")
        .setAudience(change.aud ?? "llm")
        .setExpirationTime((change.exp ?? NOW + 30_000) / 1000)
        .sign(change.key ?? privateKey);
    const by = (token: string, at = NOW) => who.identify(ask(`Bearer ${token}`), at);
    const good = await make();
    assert.deepEqual(await by(good), { tenant: "c", keyId: undefined });
    assert.ok(!(by(good) instanceof Promise), "a token that was verified is known");
    assert.equal(await by(good, NOW + 31_000), "refused");
    const wrong = [
      { iss: "https://evil" },
      { aud: "x" },
      { exp: NOW - 1000 },
      { org: "UPPER" },
      { org: 7 },
      { org: "anonymous" },
      { key: other.privateKey },
    ];
    for (const change of wrong) assert.equal(await by(await make(change)), "refused", JSON.stringify(change));
    const second = await loadVerifier([settings, { ...settings, audience: "search" }]);
    assert.deepEqual(await second.verify(await make({ aud: "search" }), NOW), { tenant: "c", keyId: undefined });
    assert.equal(await second.verify(await make({ aud: "x" }), NOW), "refused");
    const [head, body] = good.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const token of [`${none}.${body}.`, `${head}.${body}.AAAA`, "a.b.c", `${good}${"x".repeat(20_000)}`])
      assert.equal(await by(token), "refused");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("keys of tokens are fetched from their address, at a start anew; while it is away tokens are refused", async () => {
  const first = await generateKeyPair("ES256");
  const second = await generateKeyPair("ES256");
  const published: object[] = [{ ...(await exportJWK(first.publicKey)), kid: "1", alg: "ES256" }];
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: published }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const settings = {
    issuer: "https://id",
    audience: "llm",
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    claim: "tenant",
    algorithms: ["ES256" as const],
    clockToleranceSeconds: 0,
  };
  const token = (key: typeof first.privateKey, kid: string, subject: string) =>
    new SignJWT({ tenant: "c", sub: subject })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer("https://id")
      .setAudience("llm")
      .setExpirationTime((NOW + 3_600_000) / 1000)
      .sign(key);
  try {
    const verifier = await loadVerifier([settings]);
    assert.deepEqual(await verifier.verify(await token(first.privateKey, "1", "x"), NOW), {
      tenant: "c",
      keyId: undefined,
    });
    assert.deepEqual(await verifier.verify(await token(first.privateKey, "1", "y"), NOW), {
      tenant: "c",
      keyId: undefined,
    });
    assert.equal(fetched, 1, "once, not for each token");
    assert.equal(await verifier.verify(await token(second.privateKey, "1", "z"), NOW), "refused");
    published.push({ ...(await exportJWK(second.publicKey)), kid: "2", alg: "ES256" });
    const late = await loadVerifier([settings]);
    assert.deepEqual(await late.verify(await token(second.privateKey, "2", "z"), NOW), {
      tenant: "c",
      keyId: undefined,
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
  const away = await loadVerifier([settings]);
  assert.equal(await away.verify(await token(first.privateKey, "1", "x"), NOW), "refused");
});

test("bug: an address that did not answer for ten minutes ended the tokens that it had vouched for", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: NOW });
  const [kept, withdrawn] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  const jwk = async (pair: typeof kept, kid: string) => ({ ...(await exportJWK(pair.publicKey)), kid, alg: "ES256" });
  let keys: object[] | undefined = [await jwk(kept, "kept"), await jwk(withdrawn, "withdrawn")];
  const server = createServer((_request, response) => {
    if (keys === undefined) return void response.writeHead(503).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const algorithms = ["ES256" as const];
  const settings = {
    issuer: "https://id",
    audience: "llm",
    jwksUrl,
    claim: "org",
    algorithms,
    clockToleranceSeconds: 0,
  };
  let nth = 0;
  const token = (pair: typeof kept, kid: string) =>
    new SignJWT({ org: "c", jti: String(nth++) })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer("https://id")
      .setAudience("llm")
      .setExpirationTime((NOW + 1e9) / 1000)
      .sign(pair.privateKey);
  try {
    const verifier = await loadVerifier([settings]);
    const at = async (pair: typeof kept, kid: string, ms: number) => {
      t.mock.timers.setTime(NOW + ms);
      return verifier.verify(await token(pair, kid), NOW + ms);
    };
    const known = { tenant: "c", keyId: undefined };
    assert.deepEqual(await at(kept, "kept", 0), known);
    assert.deepEqual(await at(withdrawn, "withdrawn", 1), known);
    keys = undefined;
    assert.deepEqual(await at(kept, "kept", 3_600_000), known, "the keys that are known count");
    keys = [await jwk(kept, "kept")];
    const end = performance.now() + 2000;
    for (let ms = 3_700_000; (await at(withdrawn, "withdrawn", ms)) !== "refused"; ms += 61_000)
      assert.ok(performance.now() < end, "a key that is withdrawn ends");
    assert.deepEqual(await at(kept, "kept", 80_000_000), known);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

test("salts differ by tenant, secret and epoch; a client's own salt divides its tenant, and cannot reach another", () => {
  const config = noTenants();
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const salt = cacheSalt(one, config);
  const a = salt({ tenant: "a", own: undefined });
  const b = salt({ tenant: "b", own: undefined });
  assert.ok(a !== undefined && a.length >= 32);
  const later = { isolation: { ...config.isolation, epoch: 1 } };
  const all = [a, b, salt({ tenant: "a", own: b }), salt({ tenant: "a", own: "x" }), salt({ tenant: "b", own: "x" })];
  const others = [cacheSalt(two, config), cacheSalt(one, later)].map((of) => of({ tenant: "a", own: undefined }));
  assert.equal(new Set([...all, ...others]).size, all.length + others.length);
  assert.equal(salt({ tenant: "a", own: undefined }), a);
  assert.equal(salt({ tenant: "a", own: undefined }, "g"), salt({ tenant: "b", own: undefined }, "g"));
  const off = cacheSalt(one, { isolation: { ...config.isolation, cacheSalt: "off" } });
  assert.equal(off({ tenant: "a", own: undefined }), undefined);
});
