// Strategy disaggregated in a deployment file: its fields seen at workers, receipts and arguments.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../config/deployment-text.ts";
import { type Behaviour, type Received, unary } from "../gateway/harness.ts";
import { admin, eventually, prose } from "./api.ts";
import { type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

const PARAMS = { do_remote_prefill: true, do_remote_decode: false, remote_request_id: "kept" };

/** Answers both legs as a vLLM with NIXL; a whole request too. */
const pd: Behaviour = (request, response) => {
  const { kv_transfer_params: params } = JSON.parse(request.body) as {
    kv_transfer_params?: { do_remote_decode?: boolean };
  };
  if (params?.do_remote_decode !== true) return unary(request, response);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "x", choices: [], kv_transfer_params: PARAMS }));
};

const pools = (worker: FakeVllm, name: string, disaggregation: JsonObject = {}): JsonObject => ({
  strategy: "disaggregated",
  workers: null,
  prefill: { endpoints: [{ url: worker.url(name, 0) }], tensorParallelSize: 4 },
  decode: { endpoints: [{ url: worker.url(name, 1) }], tensorParallelSize: 4 },
  disaggregation: { rule: "always", ...disaggregation },
});

const split = (worker: FakeVllm, documents: Readonly<Record<string, JsonObject>>) =>
  Object.fromEntries(
    Object.entries(documents).map(([name, fields]) => [name, { spec: { serving: pools(worker, name, fields) } }]),
  );

/** Requests at the prefill worker and at the decode worker. */
const counts = (worker: FakeVllm, model: string): number[] =>
  [0, 1].map((nth) => worker.asked(model).filter(({ path }: Received) => path.startsWith(`/${model}/${nth}/`)).length);

const LONG = { messages: [{ role: "user", content: prose(900, "w") }], max_tokens: 8 };

interface Leg {
  readonly worker: string;
  readonly part?: string;
  readonly whole?: string;
}

async function legs(serve: Served, model: string, body: Record<string, unknown> = LONG): Promise<Leg[]> {
  const { status, headers } = await serve.ask(model, body);
  assert.equal(status, 200);
  const receipt = (await admin(serve, `/admin/v1/requests/${String(headers["x-request-id"])}`)) as { legs: Leg[] };
  return receipt.legs;
}

test("strategy disaggregated: a prompt is computed in one pool and answered from the other", async () => {
  const pool = { engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", speed: 50, replicas: 1 };
  const serving = {
    strategy: "disaggregated",
    workers: null,
    prefill: pool,
    decode: pool,
    disaggregation: { rule: "always" },
  };
  const serve = await served({ m: { spec: { serving, tokenizer: { source: "builtin" } } } }, { early: true });
  await eventually(
    "both are ready",
    async () => {
      const { workers } = (await admin(serve, "/admin/v1/workers")) as { workers: { state: string }[] };
      return workers.length === 2 && workers.every(({ state }) => state === "ready");
    },
    10_000,
  );
  const seen = await legs(serve, "m");
  assert.deepEqual(
    seen.map(({ worker, part }) => [worker, part]),
    [
      ["m-prefill-0", "prefill"],
      ["m-decode-0", "decode"],
    ],
  );
  const { workers } = (await admin(serve, "/admin/v1/workers")) as {
    workers: { id: string; url: string; role: string }[];
  };
  const decode = workers.find(({ id }) => id === "m-decode-0");
  const page = await (await fetch(`${decode?.url}/metrics`)).text();
  assert.match(page, /prompt_tokens_by_source_total\{[^}]*external_kv_transfer"\} [1-9]/);
});

test("disaggregation.connector: the parameters of both legs, and the arguments of workers started here", async () => {
  const worker = await fakeVllm(pd);
  const command = [process.execPath, join(import.meta.dirname, "started-vllm.ts")];
  const started = { command, engine: "vllm", replicas: 1 };
  const serving = (disaggregation: JsonObject): JsonObject => ({
    strategy: "disaggregated",
    workers: null,
    prefill: started,
    decode: started,
    disaggregation: { rule: "never", fallback: "colocated", ...disaggregation },
  });
  const serve = await served(
    {
      ...split(worker, { nixl: { connector: "nixl" } }),
      local: { spec: { serving: serving({ connector: "mooncake", bootstrapPort: 8123, leaseSeconds: 12 }) } },
    },
    { early: true },
  );
  await eventually("all are ready", async () => {
    const { workers } = (await admin(serve, "/admin/v1/workers")) as { workers: { state: string }[] };
    return workers.every(({ state }) => state === "ready");
  });
  assert.deepEqual(
    (await legs(serve, "nixl")).map(({ part }) => part),
    ["prefill", "decode"],
  );
  const [first, second] = worker
    .asked("nixl")
    .map(({ body }) => (JSON.parse(body) as JsonObject)["kv_transfer_params"]);
  assert.deepEqual(Object.keys(first as JsonObject).slice(0, 2), ["do_remote_decode", "do_remote_prefill"]);
  assert.deepEqual(second, PARAMS);
  const told = JSON.parse((await serve.ask("local")).body) as { args: string[] };
  const config = JSON.parse(told.args[told.args.indexOf("--kv-transfer-config") + 1] ?? "{}") as JsonObject;
  assert.deepEqual(config, {
    kv_connector: "MooncakeConnector",
    kv_role: "kv_consumer",
    kv_connector_extra_config: { kv_lease_duration: 12 },
  });
});

test("disaggregation.rule: it decides which requests are split", async () => {
  const worker = await fakeVllm(pd);
  const rules = { always: "always", never: "never", "llmd-few": "llmd:16", "llmd-many": "llmd:1000000" };
  const serve = await served(
    split(worker, Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, { rule }]))),
  );
  for (const [name, parts] of [
    ["always", [1, 1]],
    ["never", [0, 1]],
    ["llmd-few", [1, 1]],
    ["llmd-many", [0, 1]],
  ] as const) {
    await legs(serve, name);
    assert.deepEqual(counts(worker, name), parts, name);
  }
});

test("disaggregation.link: the time of a transfer is predicted by it", async () => {
  const worker = await fakeVllm(pd);
  const serve = await served(split(worker, { fast: { link: "nvlink" }, slow: { link: "25gbe" } }));
  const told: number[] = [];
  for (const name of ["fast", "slow"]) {
    const [leg] = (await legs(serve, name)) as (Leg & { reason: string })[];
    told.push(Number(/with ([\d.]+) ms of transfer/.exec(leg?.reason ?? "")?.[1]));
  }
  assert.ok((told[1] ?? 0) > 10 * (told[0] ?? 0), told.join(" "));
});

test("disaggregation.fallback: without prefill workers requests are served by one worker, or refused", async () => {
  const worker = await fakeVllm(pd);
  const serve = await served(split(worker, { soft: {}, hard: { fallback: "fail" } }));
  for (const name of ["soft", "hard"]) await admin(serve, `/admin/v1/workers/${name}-prefill-0/drain`, "POST");
  assert.deepEqual(
    (await legs(serve, "soft")).map((leg) => [leg.worker, leg.whole]),
    [["soft-decode-0", "fallback"]],
  );
  assert.equal((await serve.ask("hard", LONG)).status, 503);
});

test("disaggregation.leaseSeconds: parameters that may be older are not used, and workers started here keep KV so long", async () => {
  const slow: Behaviour = (request, response) => {
    if (!request.body.includes('"do_remote_decode":true')) return unary(request, response);
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"id":"x","choices":[],');
    setTimeout(() => response.end(`"kv_transfer_params":${JSON.stringify(PARAMS)}}`), 200);
  };
  const worker = await fakeVllm(slow);
  const serve = await served(split(worker, { short: { leaseSeconds: 0.1 }, long: { leaseSeconds: 30 } }));
  assert.deepEqual(
    (await legs(serve, "short")).map(({ part, whole }) => part ?? whole),
    ["prefill", "lease"],
  );
  assert.deepEqual(
    (await legs(serve, "long")).map(({ part, whole }) => part ?? whole),
    ["prefill", "decode"],
  );
});

test("disaggregation.prefillTimeoutSeconds: a slow prefill worker is left", async () => {
  const hangs: Behaviour = (request, response) => {
    if (!request.body.includes('"do_remote_decode":true')) unary(request, response);
  };
  const worker = await fakeVllm(hangs);
  const serve = await served(split(worker, { m: { prefillTimeoutSeconds: 0.2 } }));
  assert.deepEqual(
    (await legs(serve, "m")).map(({ part, whole }) => part ?? whole),
    ["prefill", "prefill_slow"],
  );
});
