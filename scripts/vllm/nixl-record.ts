// nixl-record.ts PREFILL_URL DECODE_URL FILE : what two real vLLM of nixl.sh do behind the gateway; FILE is a fixture of test/gateway/disaggregated.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../src/app/index.ts";
import { readDeploymentText, renderDiagnostics } from "../../src/config/index.ts";
import { createLog } from "../../src/telemetry/index.ts";
import { readWorkerMetrics } from "../../src/vllm/index.ts";

const [prefill = "", decode = "", file = ""] = process.argv.slice(2);
const state = mkdtempSync(join(tmpdir(), "switchgear-nixl-"));
const READY_MS = 60_000;

const text = `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: tiny}
spec:
  model: {name: tiny}
  tokenizer: {source: none}
  serving:
    strategy: disaggregated
    prefill: {endpoints: [{url: "${prefill}"}]}
    decode: {endpoints: [{url: "${decode}"}]}
    disaggregation: {rule: always}
  gateway:
    listener: {host: 127.0.0.1, port: 0}
    admin: {host: 127.0.0.1, port: 0}
    limits: {lateFirstByteMs: 600000}
    stateDirectory: ${state}
  monitoring: {prometheus: {host: 127.0.0.1, port: 0}}
`;

const { deployments, diagnostics } = readDeploymentText({ file: "nixl.yaml", text });
if (deployments.length === 0) throw new Error(renderDiagnostics(diagnostics));
const quiet = createLog({ level: "error", destination: { write: (line) => void process.stderr.write(line) } });
const running = await serve({ deployments, log: quiet });
await running.ready(READY_MS);

async function ask(url: string, path: string, body: object): Promise<{ status: number; body: string; id: string }> {
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "tiny", temperature: 0, ignore_eos: true, ...body }),
  });
  return { status: answer.status, body: await answer.text(), id: answer.headers.get("x-request-id") ?? "" };
}

async function legs(id: string): Promise<unknown> {
  const token = readFileSync(running.adminTokenFile, "utf8").trim();
  const answer = await fetch(`${running.urls.admin}/admin/v1/requests/${id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const receipt = (await answer.json()) as { legs?: readonly Record<string, unknown>[] };
  return receipt.legs?.map(({ part, whole, worker, failure }) => ({ part, whole, worker, failure }));
}

async function bySource(url: string): Promise<Readonly<Record<string, number>>> {
  return readWorkerMetrics(await (await fetch(`${url}/metrics`)).text()).promptTokensBySource;
}

const prompt = (mark: string): string => `${mark} quick brown foxes jump over lazy dogs. `.repeat(14);
const chat = (mark: string): object => ({ messages: [{ role: "user", content: prompt(mark) }], max_tokens: 6 });
const REQUESTS = [
  { name: "chat", path: "/v1/chat/completions", body: chat("red") },
  {
    name: "stream",
    path: "/v1/chat/completions",
    body: { ...chat("blue"), stream: true, stream_options: { include_usage: true } },
  },
  {
    name: "logprobs",
    path: "/v1/chat/completions",
    body: { ...chat("green"), logprobs: true, top_logprobs: 1, stream: true },
  },
  { name: "completion", path: "/v1/completions", body: { prompt: prompt("white"), max_tokens: 6 } },
];

const recorded: unknown[] = [];
for (const { name, path, body } of REQUESTS) {
  const before = await bySource(decode);
  const pair = await ask(running.urls.data, path, body);
  const after = await bySource(decode);
  const moved = (after["external_kv_transfer"] ?? 0) - (before["external_kv_transfer"] ?? 0);
  // Another salt: what the pair computed is not in this one's cache.
  const alone = await ask(prefill, path, { ...body, cache_salt: `alone ${name}` });
  recorded.push({ name, path, body, pair, alone, legs: await legs(pair.id), moved });
}
const versions = await Promise.all(
  [prefill, decode].map(async (url) => ((await (await fetch(`${url}/version`)).json()) as { version: string }).version),
);
writeFileSync(file, `${JSON.stringify({ versions, recorded }, null, 2)}\n`);
await running.stop();
rmSync(state, { recursive: true, force: true });
