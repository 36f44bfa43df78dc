// `serve --record`: what a running gateway writes is read by assess and simulate, and holds no text.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { readRecording } from "../../src/assess/index.ts";
import { traceStatistics } from "../../src/workload/index.ts";
import { testDeployment } from "../app/deployment.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-record-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("requests through a gateway become a recording with their real reuse", { timeout: 60_000 }, async () => {
  const deployment = join(folder, "deployment.yaml");
  const file = join(folder, "traffic.jsonl");
  writeFileSync(deployment, testDeployment());
  const ports = ["--port", "0", "--admin-port", "0", "--metrics-port", "0"];
  const args = [
    MAIN,
    "serve",
    deployment,
    ...ports,
    "--state-directory",
    folder,
    "--quiet",
    "--json",
    "--record",
    file,
  ];
  const gateway = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = (await once(createInterface({ input: gateway.stdout }), "line")) as [string];
    const { data } = JSON.parse(line) as { data: string };
    const secret = "lighthouse ".repeat(300);
    for (let i = 0; i < 4; i++) await chat(data, `${secret} question ${i}`);
    const gone = once(gateway, "exit");
    gateway.kill("SIGTERM");
    await gone;
  } finally {
    gateway.kill("SIGKILL");
  }
  const text = readFileSync(file, "utf8");
  assert.ok(!text.includes("lighthouse"));
  const { trace, ttftMs } = readRecording(file, text);
  assert.equal(trace.rows.length, 4);
  assert.equal(ttftMs.length, 4);
  const { infiniteCacheHit, inputMean } = traceStatistics(trace);
  assert.ok(inputMean > 300);
  assert.ok(infiniteCacheHit > 0.6, `three of four prompts were there before: ${infiniteCacheHit}`);
});

/** Asks until workers are ready. */
async function chat(data: string, content: string): Promise<void> {
  const messages = [{ role: "user", content }];
  const body = JSON.stringify({ model: "m", stream: true, max_tokens: 4, ignore_eos: true, messages });
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const response = await fetch(`${data}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    await response.text();
    if (response.status === 200) return;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error("no worker became ready");
}
