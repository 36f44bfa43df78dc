// Commands that name what a gateway does not have: the answer says what it has, under a stable code.
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { after, test } from "node:test";
import { fakeVllm, served, behind } from "../app/served.ts";
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
});
