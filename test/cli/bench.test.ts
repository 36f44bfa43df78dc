// `switchgear bench` as a command, against a simulated engine: figures, report, exit codes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EngineServer, startEngineServer } from "../../src/engine/index.ts";
import type { LoadSummary } from "../../src/workload/index.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-bench-"));
let engine: EngineServer;

before(async () => {
  engine = await startEngineServer({ model: "m", servedModelNames: ["m"], port: 0, speed: 50 });
});
after(() => engine.close());

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function bench(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, "bench", "--url", engine.url, "--model", "m", ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void child.on("close", resolve));
  return { code, stdout, stderr };
}

test("an open loop gives all figures as JSON and a report", async () => {
  const html = join(folder, "report.html");
  const { code, stdout } = await bench(
    "--rate",
    "100",
    "--requests",
    "30",
    "--output-tokens",
    "8",
    "--json",
    "--html",
    html,
  );
  assert.equal(code, 0);
  const summary = JSON.parse(stdout) as LoadSummary;
  assert.equal(summary.ok, 30);
  assert.equal(summary.ttftMs.count, 30);
  // A slow reader gets several tokens in one chunk, as from vLLM.
  assert.equal(Math.round(summary.tokensPerChunk * (summary.itlMs.count + 30)), 30 * 8);
  assert.match(readFileSync(html, "utf8"), /<svg/);
});

test("a closed loop with a shared prefix hits the cache", async () => {
  const { stdout } = await bench(
    "--concurrency",
    "2",
    "--requests",
    "12",
    "--input-tokens",
    "640",
    "--shared",
    "0.8",
    "--output-tokens",
    "2",
    "--json",
  );
  const { hitRate } = JSON.parse(stdout) as LoadSummary;
  assert.ok(hitRate > 0.5, `hit rate ${hitRate}`);
});

test("a trace is replayed at its own times; bad rows are named", async () => {
  const file = join(folder, "trace.jsonl");
  const row = (timestamp: number, ids: number[]): string =>
    JSON.stringify({ timestamp, input_length: 700, output_length: 3, hash_ids: ids });
  writeFileSync(file, [row(0, [1, 2]), "garbage", row(400, [1, 3])].join("\n"));
  const { code, stdout, stderr } = await bench("--trace", file, "--speed", "2", "--json");
  assert.equal(code, 0);
  const summary = JSON.parse(stdout) as LoadSummary;
  assert.equal(summary.requests, 2);
  assert.ok(summary.durationMs >= 199);
  assert.ok(summary.hitRate > 0.3);
  assert.match(stderr, /trace\.jsonl:2: skipped/);
  assert.equal((await bench("--trace", file, "--strict")).code, 2);
});

test("sessions grow their conversation", async () => {
  const { code, stdout } = await bench(
    "--sessions",
    "2",
    "--turns",
    "3",
    "--think-ms",
    "1",
    "--output-tokens",
    "4",
    "--json",
  );
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as LoadSummary).requests, 6);
});

test("exit code 1 when the goodput is too low, 2 for a call that makes no sense", async () => {
  const load = ["--rate", "50", "--requests", "5", "--output-tokens", "4"];
  assert.equal((await bench(...load, "--slo-ttft-ms", "0.001", "--expect-goodput", "0.9")).code, 1);
  const wrong = await bench("--requests", "5");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /how to send is not said/);
  assert.equal((await bench("--rate", "fast")).code, 2);
});
