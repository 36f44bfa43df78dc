// `switchgear probe` as a user calls it: exit codes, text, JSON, overrides, keys from the environment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { engine } from "../migration/probe/arms.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

/** Asynchronous, because the engines run in this process. */
function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, "probe", ...args], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise<{ status: number | null; out: string; err: string }>((done) =>
    child.on("close", (status) => done({ status, out, err })),
  );
}

test("equal arms: exit 0; JSON is one object; a wrong template: exit 1, and 0 when overridden by name", async () => {
  const [one, two] = [await engine({ apiKeys: ["sk-probe-secret"] }), await engine({ apiKeys: ["sk-probe-secret"] })];
  const wrong = await engine({ templateFault: true });
  const keys = ["--legacy-key-env", "PROBE_KEY", "--candidate-key-env", "PROBE_KEY"];
  const env = { PROBE_KEY: "sk-probe-secret" };
  try {
    const good = await run([one.url, two.url, ...keys, "--json"], env);
    assert.equal(good.status, 0, good.err);
    assert.equal((JSON.parse(good.out) as { outcome: string }).outcome, "pass");
    assert.ok(!good.out.includes("sk-probe-secret"));
    const bad = await run([one.url, wrong.url, "--legacy-key-env", "PROBE_KEY"], env);
    assert.equal(bad.status, 1);
    assert.match(bad.out, /^FAIL +prompt-tokens .*system: /m);
    const ids = /block migrate start: (.*)$/m.exec(bad.out)?.[1]?.split("; ") ?? [];
    assert.ok(ids.includes("prompt-tokens"));
    const overridden = await run([one.url, wrong.url, "--legacy-key-env", "PROBE_KEY", "--override", ...ids], env);
    assert.equal(overridden.status, 0, overridden.out);
    assert.match(overridden.out, /^overridden +prompt-tokens/m);
  } finally {
    await Promise.all([one.close(), two.close(), wrong.close()]);
  }
});

test("bad input and absent arms: exit 2, with what was expected", async () => {
  const address = await run(["not-an-address", "http://127.0.0.1:1"]);
  assert.equal(address.status, 2);
  assert.match(address.err, /SWG_USAGE[^]*not-an-address/);
  const key = await run(["http://127.0.0.1:1", "http://127.0.0.1:1", "--legacy-key-env", "NO_SUCH_KEY_HERE"]);
  assert.match(key.err, /SWG_SECRET_MISSING/);
  const gone = await run(["http://127.0.0.1:1", "http://127.0.0.1:1"]);
  assert.equal(gone.status, 2);
  assert.match(gone.out, /An arm cannot be asked/);
});
