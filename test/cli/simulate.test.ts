// `switchgear simulate` as a process: same seed same bytes, plans, and clear complaints.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RoleOptions } from "../../src/cli/role-options.ts";
import { worldOf } from "../../src/cli/simulate-roles.ts";
import { SwitchgearError } from "../../src/core/index.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "simulate-"));
after(() => rmSync(folder, { recursive: true }));

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "simulate", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const SMALL = ["--generator", "conversation", "--requests", "120", "--workers", "3", "--noise", "0.1"];

test("the same seed gives the same bytes, another seed others", () => {
  const once = simulate(...SMALL, "--policy", "kv_aware,dynamo", "--staleness-ms", "50", "--json");
  const again = simulate(...SMALL, "--policy", "kv_aware,dynamo", "--staleness-ms", "50", "--json");
  const other = simulate(...SMALL, "--policy", "kv_aware,dynamo", "--staleness-ms", "50", "--json", "--seed", "2");
  assert.equal(once.status, 0, once.stderr);
  assert.equal(once.stdout, again.stdout);
  assert.notEqual(once.stdout, other.stdout);
  const { variants } = JSON.parse(once.stdout) as {
    variants: { name: string; results: { summary: { ok: number } }[] }[];
  };
  assert.deepEqual(
    variants.map(({ name, results }) => [name, results[0]?.summary.ok]),
    [
      ["kv_aware", 120],
      ["dynamo", 120],
    ],
  );
});

test("a plan file says the same as flags, and flags win", () => {
  const plan = join(folder, "plan.yaml");
  writeFileSync(plan, "generator: conversation\nrequests: 120\nworkers: 3\nnoise: 0.1\npolicy: round_robin\n");
  const byFlags = simulate(...SMALL, "--policy", "least_loaded");
  assert.equal(simulate(plan, "--policy", "least_loaded").stdout, byFlags.stdout);
});

test("a sweep runs every value, and a goodput that is missed ends with 1", () => {
  const swept = simulate(...SMALL, "--policy", "dynamo,kv_aware", "--sweep", "dynamo.prefillLoadScale=1,8");
  assert.match(swept.stdout, /dynamo:prefillLoadScale=1 [\s\S]*dynamo:prefillLoadScale=8 [\s\S]*kv_aware /);
  const missed = simulate(...SMALL, "--slo-ttft-ms", "1", "--slo-ttft-times", "0", "--expect-goodput", "0.9");
  assert.equal(missed.status, 1);
});

test("bug: the engine's options were ignored beside --deployment, and a profile that stands in was not told", () => {
  const deployment = join(folder, "deployment.yaml");
  writeFileSync(
    deployment,
    `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: chat}
spec:
  model: {name: org/unheard-of}
  serving: {workers: {endpoints: [{url: "http://127.0.0.1:8001"}, {url: "http://127.0.0.1:8002"}]}}
`,
  );
  const traffic = ["--generator", "conversation", "--requests", "120"];
  const asked = (...more: string[]) => simulate("--deployment", deployment, ...traffic, ...more);
  const plain = asked();
  assert.match(plain.stderr, /^note: there is no profile of org\/unheard-of; \S+ stands in for it/m);
  assert.notEqual(asked("--batched-tokens", "512").stdout, plain.stdout);
  const other = asked("--profile", "llama-3.1-70b-h100-tp8-fp8");
  assert.deepEqual([other.stdout !== plain.stdout, other.stderr.includes("note:")], [true, false]);
});

test("bug: how a deployment splits requests, and what its policy is promised, were left out of its simulation", () => {
  const deployment = join(folder, "pairs.yaml");
  const pool = (port: number): string => `{tensorParallelSize: 4, endpoints: [{url: "http://127.0.0.1:${port}"}]}`;
  const write = (pairs: string, slo = ""): string => {
    writeFileSync(
      deployment,
      `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: chat}
spec:
  model: {name: meta-llama/Llama-3.1-70B-Instruct}
  ${slo}
  serving:
    strategy: disaggregated
    prefill: ${pool(8001)}
    decode: ${pool(8002)}
    disaggregation: {${pairs}}
`,
    );
    return deployment;
  };
  const traffic = ["--rate", "2", "--requests", "60", "--input-tokens", "3000"];
  const told = (...more: string[]): string => simulate("--deployment", deployment, ...traffic, ...more).stdout;
  write("rule: always, link: 25gbe");
  const plain = told();
  assert.match(plain, /kv_aware +1 +60 +0 /);
  assert.equal(told("--link", "25gbe", "--pair-rule", "always"), plain);
  assert.notEqual(told("--link", "nvlink"), plain);
  write("rule: never", "slo: {itlP99Ms: 40}");
  assert.match(told(), /kv_aware:tpotSloMs=40 +1 +0 +60 /);
});

test("half the token budget is a sweep: each value is what the option of its name does", () => {
  const swept = simulate(...SMALL, "--policy", "kv_aware", "--sweep", "batchedTokens=2048,1024", "--json");
  const tokens = simulate(...SMALL, "--policy", "kv_aware", "--batched-tokens", "1024", "--json");
  const results = (text: string): unknown[] =>
    (JSON.parse(text) as { variants: { results: { summary: unknown }[] }[] }).variants.map(
      ({ results: [one] }) => one?.summary,
    );
  const [large, half] = results(swept.stdout);
  assert.deepEqual(half, results(tokens.stdout)[0]);
  assert.notDeepEqual(large, half);
});

test("what is impossible is refused with the value and what was expected", () => {
  const cases: [string[], RegExp][] = [
    [["--policy", "fastest", ...SMALL], /fastest[\s\S]*round_robin/],
    [["--policy", "dynamo:scale=8", ...SMALL], /prefillLoadScale/],
    [["--sweep", "speed=a", ...SMALL], /key=number/],
    [["--profile", "llama-3.1-70b-h100-tp1-fp8", ...SMALL], /llama-3.1-70b-h100-tp2-fp8/],
    [["--workers", "0", ...SMALL], /above 0/],
    [[], /--trace/],
    [["--trace", join(folder, "none.jsonl")], /none\.jsonl/],
  ];
  for (const [args, complaint] of cases) {
    const { status, stderr } = simulate(...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, complaint);
  }
  const plan = join(folder, "wrong.yaml");
  writeFileSync(plan, "workers: 3\nworker: 4\n");
  assert.match(simulate(plan).stderr, /wrong\.yaml:2/);
});

test("a bad row is named by its line, and fails a strict run", () => {
  const trace = join(folder, "trace.jsonl");
  const row = '{"timestamp":0,"input_length":100,"output_length":5,"hash_ids":[1]}';
  writeFileSync(trace, `${row}\n{"timestamp":1}\n`);
  const lenient = simulate("--trace", trace);
  assert.deepEqual([lenient.status, /trace\.jsonl:2: skipped/.test(lenient.stderr)], [0, true]);
  assert.equal(simulate("--trace", trace, "--strict").status, 2);
});

const SPLIT = ["--roles", "prefill:1,decode:2", "--input-tokens", "3000", "--rate", "3", "--requests", "60"];

test("roles, links and failures: told in a table of their own, byte for byte the same again, in a plan as in flags", () => {
  const flags = [...SPLIT, "--link", "41", "--pair-rule", "always", "--fail", "0@5:1", "--start-up-s", "2"];
  const once = simulate(...flags);
  assert.equal(once.status, 0, once.stderr);
  assert.match(once.stdout, /dead workers[\s\S]*kv_aware +1 +\d+ +\d+ /);
  const plan = join(folder, "split.yaml");
  const keys = ["roles: [prefill, decode, decode]", "inputTokens: 3000", "rate: 3", "requests: 60", "link: 41"];
  writeFileSync(plan, [...keys, "pairRule: always", 'fail: "0@5:1"', "startUpS: 2", ""].join("\n"));
  assert.equal(simulate(plan).stdout, once.stdout);
});

test("a fleet that is not possible, or an option that would mean nothing, is refused", () => {
  const pair = { roles: "prefill:1,decode:2" };
  const cases: [RoleOptions, RegExp][] = [
    [{ roles: "prefil:1" }, /prefill, decode or both/],
    [{ link: "41" }, /a prefill worker/],
    [{ ...pair, link: "fast" }, /ndr400/],
    [{ fail: "1-2" }, /worker@seconds/],
    [{ ...pair, fallback: "maybe" }, /colocated or fail/],
    [{ startUpS: 5 }, /--cold-workers/],
    [{ repairS: 5, fail: "0@1" }, /--mtbf-s/],
  ];
  for (const [options, expected] of cases)
    assert.throws(
      () => worldOf(options),
      (error) => error instanceof SwitchgearError && expected.test(error.details.expected ?? ""),
    );
  assert.equal(worldOf({}), undefined);
  assert.match(simulate(...SPLIT, "--workers", "4").stderr, /4 workers/);
  assert.match(simulate(...SPLIT, "--fail", "9@1").stderr, /0 to 2/);
});

test("several gateways in a plan: what they share changes the choices, and an interval without them is refused", () => {
  const plan = join(folder, "gateways.yaml");
  writeFileSync(plan, "generator: conversation\nrequests: 120\nworkers: 3\nnoise: 0.1\ngateways: 4\n");
  const shared = simulate(plan, "--json");
  assert.equal(shared.status, 0, shared.stderr);
  assert.equal(simulate(...SMALL, "--gateways", "4", "--share-loads-ms", "100", "--json").stdout, shared.stdout);
  assert.notEqual(simulate(plan, "--share-loads-ms", "0", "--json").stdout, shared.stdout);
  assert.match(simulate(...SMALL, "--share-loads-ms", "50").stderr, /--gateways 2 or more/);
});
