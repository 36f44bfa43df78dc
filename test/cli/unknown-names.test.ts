// Commands that name what is not there: a gateway answers with what it has, and a gateway itself is found by its state directory.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { behind, fakeVllm, served } from "../app/served.ts";
import { migrating } from "../app/migration/migrating.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { unary } from "../gateway/harness.ts";
import { cliHost } from "./cli-host.ts";

const host = cliHost();
after(() => host.close());

test("a worker, a pool or a key that there is not: the answer names those that there are", async () => {
  const autoscaling = { enabled: true, intervalSeconds: 3600 };
  const serve = await served(behind(await fakeVllm(unary), { m: { autoscaling } }, 2));
  const at = ["--admin", serve.admin, "--state-directory", dirname(serve.adminTokenFile)];
  const workers = /no worker nobody; known: m-workers-0, m-workers-1 \[SWG_NOT_FOUND\]/;
  const pools = /no pool with autoscaling m-worker; known: m-workers \[SWG_NOT_FOUND\]/;
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["drain", "nobody"], workers],
    [["drain", "nobody", "--undo"], workers],
    [["scale", "status", "m-worker"], pools],
    [["scale", "set", "m-worker", "1"], pools],
    [["tenants", "revoke", "0123456789ab"], /no key 0123456789ab; there is none \[SWG_NOT_FOUND\]/],
  ];
  for (const [args, expected] of cases) {
    const { code, err } = await host.run([...args, ...at]);
    assert.match(err, expected);
    assert.equal(code, 1);
  }
  const many = await host.run(["scale", "set", "m-workers", "99", ...at]);
  assert.equal(many.code, 2);
  assert.match(many.err, /replicas: expected a whole number from \d to \d, [^]*, found 99 \[SWG_USAGE\]/);
  assert.doesNotMatch(many.err, /400/);
});

test("the gateway is found by its state directory, and a plan that it has not is answered with those it has", async () => {
  const folder = temporaryFolder();
  const gateway = await migrating({ folder });
  const at = ["--state-directory", folder];
  const found = await host.run(["migrate", "status", "move", ...at]);
  assert.equal(found.code, 0, found.err);
  assert.match(found.out, /^move {2}DRAFT/);
  const unknown = await host.run(["migrate", "status", "mvoe", ...at]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /no migration plan mvoe; known: move \[SWG_USAGE\]/);
  await gateway.stop();
  assert.ok(!existsSync(join(folder, "admin-address")), "nobody is there any more");
});

test("no gateway with this state directory, or one that has crashed: the error says which, and what to give", async () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "admin-token"), "t".repeat(43));
  writeFileSync(join(folder, "admin-address"), "http://127.0.0.1:1\n");
  const crashed = await host.run(["scale", "status", "--state-directory", folder]);
  assert.equal(crashed.code, 2);
  assert.match(
    crashed.err,
    /http:\/\/127\.0\.0\.1:1\/[^]*the gateway that wrote \S+admin-address; --state-directory [^]*--admin/,
  );
});
