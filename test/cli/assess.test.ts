// `switchgear assess` as a user calls it: sources, exit codes, JSON.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { page } from "../assess/pages.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-assess-"));
after(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "assess", ...args], { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const FIELDS =
  '{"gpu_utilization_avg":0.875,"ttft_p99_ms":3200.5,"ttft_slo_ms":500,"num_models":1,"peak_to_avg_ratio":2.25}';

test("fields: the seed's score and texts, exit 3 without enough data, 0 when forced", () => {
  const path = file("fields.json", FIELDS);
  const bare = run(["--fields", path]);
  assert.equal(bare.status, 3);
  assert.match(bare.out, /^INSUFFICIENT_DATA$/m);
  assert.match(bare.out, /^The seed's score: 8, migrate/m);
  assert.match(
    bare.out,
    /^ {2}GPU utilization 88% approaching limit\n {2}TTFT P99 3200ms approaching SLO 500ms\n {2}High peak\/avg ratio 2\.2x/m,
  );
  const forced = run(["--fields", path, "--force"]);
  assert.deepEqual([forced.status, forced.out.split("\n", 1)[0]], [0, "MIGRATE"]);
  assert.match(forced.out, /what-if was not run/);
});

test("a dump of a server that runs for two days; --json, --expect", () => {
  const started = Date.now() / 1000 - 172_800;
  const path = file("page.txt", page({ ttft: { "0.25": 5000 }, started }));
  const args = ["--metrics-file", path, "--slo-ttft-ms", "500"];
  const { status, out } = run([...args, "--json"]);
  assert.equal(status, 0);
  const { answer, seed, flips } = JSON.parse(out) as {
    answer: string;
    seed: { conditions: unknown[] };
    flips: string[];
  };
  assert.deepEqual([answer, seed.conditions.length, flips.length > 0], ["STAY", 13, true]);
  assert.equal(run([...args, "--expect", "migrate"]).status, 1);
  const misspelt = run([...args, "--expect", "STY"]);
  assert.deepEqual([misspelt.status, /one of STAY, TUNE, SCALE/.test(misspelt.err)], [2, true]);
});

test("bad input is exit 2 with a clear error", () => {
  const path = file("other.txt", "python_info 1\n");
  for (const [args, message] of [
    [[], /no SLO is given/],
    [["--slo-ttft-ms", "500"], /nothing to assess/],
    [["--metrics-file", path, "--slo-ttft-ms", "500"], /no \/metrics page of vLLM/],
    [["--metrics", "http://127.0.0.1:1/metrics", "--slo-ttft-ms", "500"], /cannot be fetched/],
    [["--metrics", "nonsense", "--slo-ttft-ms", "500"], /no HTTP address/],
    [["--metrics-file", path, "--prometheus", "http://x", "--slo-ttft-ms", "500"], /several sources/],
  ] as const) {
    const { status, err } = run(args);
    assert.deepEqual([status, message.test(err)], [2, true], `${args.join(" ")}: ${err}`);
  }
});
