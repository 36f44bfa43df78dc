// Ctrl-C on `npm start`: the terminal and npm both send it; running answers finish, nothing stays behind.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { startGatewayProcess } from "./gateway-process.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-ctrl-c-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const DEPLOYMENT = `
apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: { name: small }
spec:
  model: { name: meta-llama/Llama-3.1-8B-Instruct, servedNames: [small] }
  serving:
    strategy: colocated
    workers: { replicas: 1, engine: simulated, profile: llama-3.1-8b-h100-tp1-bf16 }
  tokenizer: { source: builtin }
`;

test("a stream that runs when Ctrl-C arrives is answered to its end, and no worker outlives the gateway", async () => {
  const file = join(folder, "small.yaml");
  writeFileSync(file, DEPLOYMENT);
  const gateway = await startGatewayProcess({ argv: [process.execPath, MAIN, "serve", file], cwd: folder });
  const workers = childrenOf(gateway.pid);
  assert.equal(workers.length, 1);
  const answer = await fetch(`${gateway.data}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "small",
      stream: true,
      max_tokens: 60,
      ignore_eos: true,
      messages: [{ role: "user", content: "Count to sixty." }],
    }),
  });
  gateway.interrupt();
  gateway.interrupt();
  const text = await answer.text();
  assert.ok(text.endsWith("data: [DONE]\n\n"), text.slice(-200));
  assert.equal(await gateway.ended, 0, gateway.stderr());
  assert.deepEqual(workers.filter(lives), []);
});

test("a taken port is named, with what to do about it", async () => {
  const file = join(folder, "taken.yaml");
  writeFileSync(file, DEPLOYMENT);
  const gateway = await startGatewayProcess({ argv: [process.execPath, MAIN, "serve", file], cwd: folder });
  const { port } = new URL(gateway.data);
  try {
    const second = startGatewayProcess({
      argv: [process.execPath, MAIN, "serve", file],
      cwd: folder,
      more: ["--port", port],
    });
    await assert.rejects(second, new RegExp(`port ${port} .*taken[^]*SWG_PORT_IN_USE[^]*npm start -- --port N`));
  } finally {
    gateway.interrupt();
  }
  assert.equal(await gateway.ended, 0, gateway.stderr());
});

function childrenOf(pid: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const rows = table.map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, parent, ...args]) => Number(parent) === pid && args.includes("engine"))
    .map(([id]) => Number(id));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
