// Part of `npm run test:vllm`: `switchgear serve` starts a real vLLM itself, tells why one dies, and ends one that a killed gateway left.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { stringify } from "yaml";
import { admin, type AdminAccess, eventually } from "../app/api.ts";
import { type Child, start } from "./children.ts";
import { exchange } from "./http.ts";

const CLI = join(import.meta.dirname, "../../src/cli/main.ts");
const vllm = process.env["SWITCHGEAR_VLLM"] ?? "";
const folder = mkdtempSync(join(tmpdir(), "switchgear-launched-"));
const READY_MS = 300_000;
const children: Child[] = [];

after(async () => {
  for (const child of children) await child.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As scripts/vllm/serve.sh starts it, in the words of a deployment. */
const POOL = {
  engine: "vllm",
  command: [join(vllm, "venv/bin/vllm"), "serve"],
  maxModelLen: 2048,
  maxBatchSize: 8,
  maxBatchedTokens: 2048,
  args: ["--load-format", "dummy", "--enforce-eager", "--block-size", "32", "--num-gpu-blocks-override", "256"],
  env: { OMP_NUM_THREADS: "1", VLLM_CPU_KVCACHE_SPACE: "1", HF_HUB_OFFLINE: "1", VLLM_NO_USAGE_STATS: "1" },
};

interface Serving extends AdminAccess {
  readonly data: string;
  readonly child: Child;
}

async function serve(name: string, pool: object, more: object = {}): Promise<Serving> {
  const file = join(folder, `${name}.yaml`);
  const model = { name: join(vllm, "model"), source: "local", servedNames: ["tiny"] };
  const spec = { model, serving: { workers: pool }, ...more };
  writeFileSync(
    file,
    stringify({ apiVersion: "llm-d.nvidia.com/v1", kind: "LLMDeployment", metadata: { name }, spec }),
  );
  const ports = ["--port", "0", "--admin-port", "0", "--metrics-port", "0"];
  const child = start(process.execPath, [CLI, "serve", file, ...ports, "--state-directory", folder, "--json"], {});
  children.push(child);
  const [line = ""] = await child.says(/^\{"data".*\}$/m, 60_000);
  return { ...(JSON.parse(line) as Omit<Serving, "child">), child };
}

interface WorkerView {
  readonly state: string;
  readonly facts: { readonly version?: string; readonly kvEvents?: { readonly endpoint: string } };
  readonly process: {
    readonly phase: string;
    readonly pid: number;
    readonly lastEnd?: { readonly cause: string | null };
  };
}

async function worker(serving: Serving, id: string): Promise<WorkerView> {
  return (await admin(serving, `/admin/v1/workers/${id}`)) as unknown as WorkerView;
}

const complete = (serving: Serving, more: object): Promise<{ status: number; body: string }> =>
  exchange(serving.data, {
    path: "/v1/completions",
    body: { model: "tiny", prompt: "one two three ".repeat(80), max_tokens: 4, temperature: 0, ...more },
  });

/** Processes of its group: the API server and its engine. */
function group(leader: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    const stat = `/proc/${name}/stat`;
    if (!/^\d+$/.test(name) || !existsSync(stat)) return [];
    const [state, , pgrp] = readFileSync(stat, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(pgrp) === leader && state !== "Z" ? [Number(name)] : [];
  });
}

test("a vLLM that dies at its start is given up, with its own words for the reason", async () => {
  const launcher = { crashLoop: { deaths: 1 } };
  const serving = await serve("wrong", { ...POOL, args: ["--no-such-option"] }, { launcher });
  const ended = async (): Promise<boolean> => (await worker(serving, "wrong-workers-0")).process.phase === "crash loop";
  await eventually("it is given up", ended, READY_MS);
  const { process: shown } = await worker(serving, "wrong-workers-0");
  assert.match(String(shown.lastEnd?.cause), /unrecognized arguments: --no-such-option/);
  await serving.child.stop();
});

test("a vLLM started here serves, tells of its cache, and is ended after kill -9 of its gateway", async () => {
  const serving = await serve("right", POOL);
  const ready = async (): Promise<boolean> => (await worker(serving, "right-workers-0")).state === "ready";
  await eventually("it is ready", ready, READY_MS);
  const { facts, process: shown } = await worker(serving, "right-workers-0");
  assert.match(String(facts.version), /^0\.32/);
  assert.match(String(facts.kvEvents?.endpoint), /^ipc:/);
  assert.equal((await complete(serving, {})).status, 200);
  const again = JSON.parse((await complete(serving, {})).body) as {
    usage: { prompt_tokens_details: { cached_tokens: number } };
  };
  assert.ok(again.usage.prompt_tokens_details.cached_tokens > 0);
  const live = async (): Promise<boolean> =>
    ((await admin(serving, "/admin/v1/index"))["streams"] as Record<string, string>)["right-workers-0"] === "live";
  await eventually("its KV events are followed", live);

  assert.ok(group(shown.pid).length > 1, "API server and engine");
  process.kill(serving.child.pid, "SIGKILL");
  const next = await serve(
    "next",
    { engine: "simulated", tensorParallelSize: 4 },
    { tokenizer: { source: "builtin" } },
  );
  assert.deepEqual(group(shown.pid), [], "the next gateway has ended all of it before it started its own");
  await next.child.stop();
});
