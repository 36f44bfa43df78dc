// A gateway before given workers carries no simulator: `serve` loads neither engine/ nor simulator/.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { startGatewayProcess } from "../packaging/gateway-process.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchgear-lazy-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("serve with given workers answers a chat without loading engine/ or simulator/", async () => {
  const upstream = await fakeWorker();
  after(() => upstream.close());
  const file = join(folder, "given.yaml");
  writeFileSync(file, deployment((upstream.address() as AddressInfo).port));
  const list = join(folder, "loaded");
  const hook = pathToFileURL(join(import.meta.dirname, "loaded-files.mjs")).href;
  const gateway = await startGatewayProcess({
    argv: [process.execPath, "--import", hook, join(ROOT, "src/cli/main.ts"), "serve", file],
    cwd: folder,
    env: { ...process.env, SWITCHGEAR_LOADED: list },
  });
  const answer = await fetch(`${gateway.data}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "given", messages: [{ role: "user", content: "Hello" }] }),
  });
  assert.equal(answer.status, 200, await answer.text());
  gateway.interrupt();
  assert.equal(await gateway.ended, 0, gateway.stderr());

  const source = pathToFileURL(join(ROOT, "src/")).href;
  const loaded = readFileSync(list, "utf8").split("\n");
  const folders = new Set(
    loaded.filter((url) => url.startsWith(source)).map((url) => url.slice(source.length).split("/")[0]),
  );
  assert.ok(folders.has("gateway") && folders.has("routing"), "the hook sees what is loaded");
  assert.deepEqual(
    [...folders].filter((name) => name === "engine" || name === "simulator"),
    [],
  );
});

function deployment(port: number): string {
  return `
apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: { name: given }
spec:
  model: { name: given }
  serving:
    strategy: colocated
    workers: { endpoints: [{ url: "http://127.0.0.1:${port}" }] }
  tokenizer: { source: none }
`;
}

/** Answers what the gateway asks of a worker, with as little as it takes. */
async function fakeWorker(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    const body = request.url?.startsWith("/v1/models") ? MODELS : request.method === "POST" ? CHAT : {};
    const known = request.method === "POST" || /^\/(health|v1\/models)/.test(request.url ?? "");
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return server;
}

const MODELS = { object: "list", data: [{ id: "given", object: "model", max_model_len: 4096 }] };

const CHAT = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "given",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};
