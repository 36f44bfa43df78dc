// A real Prometheus scrapes a running gateway; hostile clients do not add series; its rules load.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type GatewayProcess, startGatewayProcess } from "../packaging/gateway-process.ts";
import { freePorts } from "../../src/app/free-ports.ts";
import { debianProgram } from "./debian-programs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const prometheus = debianProgram("prometheus", "usr/bin/prometheus");
const folder = mkdtempSync(join(tmpdir(), "switchgear-prometheus-"));
let gateway: GatewayProcess;

before(async () => {
  const argv = [process.execPath, MAIN, "serve", join(ROOT, "examples/quickstart.yaml")];
  gateway = await startGatewayProcess({ argv, cwd: folder });
});

after(async () => {
  gateway.interrupt();
  await gateway.ended;
  rmSync(folder, { recursive: true, force: true });
});

test("models, paths and methods that nobody configured add one series each, not one per name", async () => {
  await chat("llama-70b");
  for (let i = 0; i < 60; i++) {
    await chat(`evil-${i}"}\n\u0000${"x".repeat(i * 20)}`);
    await send("GET", `/v1/none-${i}/%2e%2e/%00`);
    await send("POST", `/v1/completions/${i}?model=${i}`);
    await send(["PUT", "DELETE", "PATCH"][i % 3] ?? "PUT", "/v1/models");
  }
  const page = await (await fetch(gateway.metrics)).text();
  const requests = page.split("\n").filter((line) => line.startsWith("switchgear_requests_total{"));
  const values = (label: string): string[] => [
    ...new Set(requests.map((line) => new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] ?? "")),
  ];
  assert.deepEqual(values("model").toSorted(), ["llama-70b", "unknown"]);
  assert.ok(requests.length <= 8, requests.join("\n"));
  assert.ok(!page.includes("evil") && !page.includes("none-"), requests.join("\n"));
});

test("a real Prometheus finds the gateway up, its series and our rules", { skip: prometheus.skip }, async () => {
  await chat("llama-70b");
  const [port = 0] = await freePorts(1);
  const child = startPrometheus(port);
  try {
    const up = await until(() => query(port, 'up{job="switchgear"}'));
    assert.equal(up, "1");
    const served = await until(() => query(port, 'sum(switchgear_requests_total{model="llama-70b",outcome="ok"})'));
    assert.ok(Number(served) >= 1);
    assert.equal(await until(() => query(port, 'count(switchgear_worker_state{state="ready"})')), "4");
    const rules = (await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()) as {
      data: { groups: { rules: { name: string }[] }[] };
    };
    assert.ok(rules.data.groups.flatMap((group) => group.rules).length >= 10);
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});

async function chat(model: string): Promise<void> {
  const body = JSON.stringify({ model, max_tokens: 2, messages: [{ role: "user", content: "Hello" }] });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${gateway.data}/v1/chat/completions`, { method: "POST", headers, body });
  await answer.arrayBuffer();
}

/** Not `fetch`, which tidies the path up. */
function send(method: string, path: string): Promise<void> {
  return new Promise((done, failed) => {
    const sent = request(gateway.data, { method, path, agent: false }, (answer) => {
      answer.resume().on("end", done);
    });
    sent.on("error", failed).end();
  });
}

function startPrometheus(port: number): ChildProcess {
  const config = join(folder, "prometheus.yml");
  const target = new URL(gateway.metrics).host;
  writeFileSync(
    config,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
rule_files: [${join(ROOT, "deploy/prometheus/rules.yaml")}]
scrape_configs:
  - job_name: switchgear
    static_configs: [{ targets: ["${target}"] }]
`,
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return spawn(prometheus.path, args, { stdio: "ignore" });
}

async function query(port: number, text: string): Promise<string | undefined> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const body = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return body.data.result[0]?.value[1];
}

/** Prometheus looks at its targets for the first time after five seconds. */
async function until(ask: () => Promise<string | undefined>): Promise<string> {
  const limit = AbortSignal.timeout(30_000);
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await pause(50, undefined, { signal: limit });
  }
}
