// `switchgear validate` as a user calls it: text, JSON, standard input, exit codes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { TENANTS_EXAMPLE } from "../../src/config/index.ts";

const ROOT = resolve(import.meta.dirname, "../..");

function validate(args: readonly string[], input = ""): { status: number | null; out: string; err: string } {
  const argv = [resolve(ROOT, "src/cli/main.ts"), "validate", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, input, encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

const BAD =
  "apiVersion: llm-d.nvidia.com/v1\nkind: LLMDeployment\nmetadata: {name: a}\nspec:\n  modle: {name: m}\n  serving: {workers: {replicas: 0}}\n";

test("the seed's file is valid, and all of it can be served", () => {
  const { status, out, err } = validate(["examples/seed.yaml"]);
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /llama-70b-production at examples\/seed\.yaml:2: .* disaggregated, 8 workers/);
  assert.match(out, /^valid: 1 deployment$/m);
});

test("a migration plan is counted and shown beside its deployment", () => {
  const text = `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: chat}
spec: {model: {name: m}, serving: {workers: {endpoints: [{url: "http://127.0.0.1:8001"}]}}}
---
apiVersion: llm-d.nvidia.com/v1
kind: MigrationPlan
metadata: {name: to-fleet}
spec: {legacy: {url: "http://127.0.0.1:8000"}, candidate: {deployment: chat}}
`;
  const { out, err } = validate(["-"], text);
  assert.match(out, /^chat at -:1: .*, 1 worker$/m, err);
  assert.match(out, /^to-fleet at -:6: migration from http:\/\/127\.0\.0\.1:8000 to chat$/m);
  assert.match(out, /^valid: 1 deployment, 1 migration plan$/m);
});

test("bug: a file with tenants alone was one with 0 deployments", () => {
  const { status, out } = validate(["-"], TENANTS_EXAMPLE);
  assert.equal(status, 0);
  assert.match(out, /^tenants at \S+:1: 2 tenants\nvalid: 1 Tenants document\n$/);
});

test("errors go to standard error as file:line:column, with a count, and exit 2", () => {
  const { status, out, err } = validate(["-"], BAD);
  assert.deepEqual([status, out], [2, ""]);
  assert.match(err, /^-:5:3: error: spec\.modle: unknown field \(did you mean model\?\)$/m);
  assert.match(
    err,
    /^-:6:33: error: spec\.serving\.workers\.replicas: is out of range, expected a whole number from 1 to 4096, found 0$/m,
  );
  assert.match(err, /^3 errors$/m);
});

test("--json prints one object, valid or not", () => {
  const good = validate(["--json", "examples/existing-servers.yaml"]);
  assert.equal(good.status, 0);
  const parsed: unknown = JSON.parse(good.out);
  const names = [{ name: "llama-70b", file: "examples/existing-servers.yaml", line: 3 }];
  assert.deepEqual(parsed, { valid: true, deployments: names, diagnostics: [] });
  const bad = validate(["--json", "-"], BAD);
  assert.equal(bad.status, 2);
  const { valid, diagnostics } = JSON.parse(bad.out) as { valid: boolean; diagnostics: unknown[] };
  assert.deepEqual([valid, diagnostics.length], [false, 3]);
});

test("--strict counts a warning as an error", () => {
  const legacy = BAD.replace("modle", "model").replace("replicas: 0", "schedulerDelayFactor: 1");
  assert.equal(validate(["-"], legacy).status, 0);
  const strict = validate(["--strict", "-"], legacy);
  assert.deepEqual([strict.status, /^1 warning$/m.test(strict.err)], [2, true]);
});

test("no file is a usage error, --help has an example", () => {
  assert.equal(validate([]).status, 2);
  const help = validate(["--help"]);
  assert.deepEqual([help.status, /switchgear validate my\.yaml/.test(help.out)], [0, true]);
});

test("strategy disaggregated where it cannot pay: warnings with the numbers, an error with --strict", () => {
  const pool = "{engine: simulated, profile: llama-3.1-70b-h100-tp4-fp8, tensorParallelSize: 4}";
  const text = `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: a}
spec:
  model: {name: m}
  serving: {strategy: disaggregated, prefill: ${pool}, decode: ${pool}, disaggregation: {link: 25gbe}}
  slo: {itlP99Ms: 900}
`;
  const { status, err } = validate(["-"], text);
  assert.equal(status, 0);
  assert.match(
    err,
    /warning: spec\.serving\.strategy: disaggregated cannot pay here: 8,192 tokens of KV take 5\d\d ms over 25gbe, \d+ % of their prefill/,
  );
  assert.match(
    err,
    /gaps of 900 ms are kept by one worker too: a step takes \d+ ms with a chunk of [\d,]+ tokens, \d+ ms without/,
  );
  assert.match(err, /2 workers are too few/);
  assert.equal(validate(["--strict", "-"], text).status, 2);
});
