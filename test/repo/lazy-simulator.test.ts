// A simulation starts quickly: it loads no server, no client and no library of theirs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchgear-lazy-simulator-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("the simulator loads no package, no HTTP and nothing of vllm/", () => {
  const list = join(folder, "loaded");
  const hook = pathToFileURL(join(import.meta.dirname, "loaded-files.mjs")).href;
  const script = `import "./src/simulator/index.ts"; import "./src/workload/offline.ts";`;
  const argv = ["--import", hook, "--input-type=module", "-e", script];
  execFileSync(process.execPath, argv, { cwd: ROOT, env: { ...process.env, SWITCHGEAR_LOADED: list } });
  const loaded = readFileSync(list, "utf8").split("\n");
  assert.ok(
    loaded.some((url) => url.endsWith("src/routing/kv-aware.ts")),
    "the hook sees what is loaded",
  );
  assert.deepEqual(
    loaded.filter((url) => /node_modules|node:(http|tls|dgram|sqlite)|src\/vllm/.test(url)),
    [],
  );
});
