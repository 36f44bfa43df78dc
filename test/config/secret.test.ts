// Secrets are read from where they are said to be, and shown nowhere.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { SwitchgearError } from "../../src/core/index.ts";
import { readSecret } from "../../src/config/index.ts";
import { load, poolText } from "./deployment-text.ts";

test("a key in a deployment is not shown by JSON, template, console or error", () => {
  const deployment = load(poolText({ endpoints: [{ url: "http://a:1", key: "sk-31337" }] }));
  const started = load(poolText({ env: { TOKEN: "sk-31337" } }));
  for (const one of [deployment, started]) {
    assert.doesNotMatch(JSON.stringify(one) + inspect(one, { depth: 20, showHidden: true }), /31337/);
  }
  const workers = deployment.pools[0]?.workers;
  assert.ok(workers?.kind === "given");
  const source = workers.endpoints[0]?.key;
  assert.ok(source);
  assert.equal(String(readSecret(source)), "(hidden)");
  assert.equal(readSecret(source).reveal(), "sk-31337");
});

test("keyFrom reads an environment variable, or a file without its last line end", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "swg-secret-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "key");
  writeFileSync(path, "from-file\n");
  assert.equal(readSecret({ from: "env", name: "K" }, { K: "from-env" }).reveal(), "from-env");
  assert.equal(readSecret({ from: "file", path }).reveal(), "from-file");
});

test("a secret that is not there is named, not guessed", () => {
  const missing = (error: unknown) => error instanceof SwitchgearError && error.code === "SWG_SECRET_MISSING";
  assert.throws(() => readSecret({ from: "env", name: "K" }, { K: "" }), missing);
  assert.throws(() => readSecret({ from: "file", path: "/no/such/key" }), missing);
});
