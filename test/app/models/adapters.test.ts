// LoRA adapters as deployment files state them, before simulated engines.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type EngineOptions, type EngineServer, parseKvTransferConfig } from "../../../src/engine/index.ts";
import { admin, eventually, prose } from "../api.ts";
import { type Served, served } from "../served.ts";
import { before, engineOf, GREEDY, modelsIn } from "./engines.ts";

const SQL = { name: "sql", path: "/adapters/sql" };
const holding = (...names: string[]) => ({
  lora: { maxLoras: 8, modules: names.map((name) => ({ name, path: `/adapters/${name}` })) },
});

interface Receipt {
  readonly model: string;
  readonly alias?: string;
  readonly adapter?: string;
  readonly legs: readonly { readonly worker: string; readonly predicted: { readonly cachedTokens: number | null } }[];
}

interface Asked {
  readonly status: number;
  readonly body: string;
  readonly cached: number | undefined;
  readonly receipt: Receipt;
}

async function ask(serve: Served, model: string, content = "hi"): Promise<Asked> {
  const answer = await serve.ask(model, { ...GREEDY, messages: [{ role: "user", content }] });
  const receipt = await admin(serve, `/admin/v1/requests/${String(answer.headers["x-request-id"])}`);
  const cached = /"cached_tokens":(\d+)/.exec(answer.body)?.[1];
  return {
    status: answer.status,
    body: answer.body,
    cached: cached === undefined ? undefined : Number(cached),
    receipt: receipt as unknown as Receipt,
  };
}

async function cards(serve: Served): Promise<unknown[][]> {
  const { data } = (await (await fetch(`${serve.dataUrl}/v1/models`)).json()) as { data: Record<string, unknown>[] };
  return data.map(({ id, parent }) => [id, parent]);
}

async function adaptersOf({ url }: EngineServer): Promise<string[]> {
  const { data } = (await (await fetch(`${url}/v1/models`)).json()) as {
    data: { id: string; parent: string | null }[];
  };
  return data.filter(({ parent }) => parent !== null).map(({ id }) => id);
}

test("lora.adapters: names of adapters are served by the workers that hold them", async () => {
  const engines = [await engineOf("base"), await engineOf("base", holding("sql", "untold")), await engineOf("base")];
  const serve = await served({ base: before(engines, { lora: { adapters: [SQL] } }) });
  const workers = new Set<string>();
  for (let i = 0; i < 6; i++) {
    for (const name of ["sql", "untold"]) {
      const { status, body, receipt } = await ask(serve, name, `question ${i}`);
      assert.deepEqual([status, modelsIn(body), receipt.model], [200, [name], "base"], body);
      workers.add(receipt.legs[0]?.worker ?? "");
    }
    assert.equal((await ask(serve, "base", `question ${i}`)).status, 200);
  }
  assert.deepEqual([...workers], ["base-workers-1"]);
  assert.deepEqual(await cards(serve), [
    ["base", null],
    ["sql", "base"],
    ["untold", "base"],
  ]);
});

test("lora.adapters: an alias may stand for an adapter", async () => {
  const engine = await engineOf("base", holding("v1", "v2"));
  const adapters = ["v1", "v2"].map((name) => ({ name, path: `/adapters/${name}` }));
  const aliases = [
    { name: "sql", weight: 1, adapter: "v1" },
    { name: "sql", weight: 0, adapter: "v2" },
  ];
  const serve = await served({ base: before([engine], { aliases, lora: { adapters } }) });
  const [alias, v1, v2] = [await ask(serve, "sql"), await ask(serve, "v1"), await ask(serve, "v2")];
  assert.deepEqual(modelsIn(alias.body), ["sql"]);
  const { model, alias: asked, adapter } = alias.receipt;
  assert.deepEqual([model, asked, adapter], ["base", "sql", "v1"]);
  const said = ({ body }: Asked) => /"content":"([^"]*)"/.exec(body)?.[1];
  assert.equal(said(alias), said(v1));
  assert.notEqual(said(alias), said(v2));
});

test("lora.load: an adapter is loaded once where it is missing, before the first request for it goes there", async () => {
  const engines = [
    await engineOf("base", { ...holding("other"), loraUpdates: true }),
    await engineOf("base", { ...holding(), loraUpdates: true }),
  ];
  const serve = await served({ base: before(engines, { lora: { adapters: [SQL], load: true } }) });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => ask(serve, "sql", `question ${i}`)));
  for (const { status, body, receipt } of answers) {
    assert.deepEqual([status, modelsIn(body)], [200, ["sql"]], body);
    assert.equal(receipt.legs[0]?.worker, "base-workers-1");
  }
  assert.deepEqual(
    [await adaptersOf(engines[0] as EngineServer), await adaptersOf(engines[1] as EngineServer)],
    [["other"], ["sql"]],
  );
  assert.equal(serve.log.filter((line) => line.includes("adapter loaded")).length, 1);
});

test("an adapter that no worker holds and nobody may load is vLLM's 404; one that cannot be loaded is a 503 with Retry-After", async () => {
  const engine = await engineOf("base", holding());
  const adapters = [SQL];
  const closed = await served({ base: before([engine], { lora: { adapters } }) });
  const refused = await closed.ask("sql", GREEDY);
  assert.deepEqual(
    [refused.status, JSON.parse(refused.body)],
    [
      404,
      {
        error: { message: "The model `sql` does not exist.", type: "NotFoundError", param: "model", code: 404 },
      },
    ],
  );
  // The worker knows no path to load it by.
  const open = await served({ base: before([engine], { lora: { adapters, load: true } }) });
  for (let i = 0; i < 3; i++) {
    const failed = await open.ask("sql", GREEDY);
    assert.deepEqual([failed.status, Number(failed.headers["retry-after"]) >= 1], [503, true], failed.body);
    assert.match(failed.body, /could not be loaded/);
  }
  assert.equal(open.log.filter((line) => line.includes("adapter not loaded")).length, 1);
  assert.equal((await open.ask("base", GREEDY)).status, 200);
});

test("an adapter whose holder is down is listed and answered 503, not 404", async () => {
  const [holder, other] = [await engineOf("base", holding("sql")), await engineOf("base")];
  const limits = { queueTimeoutMs: 100, retries: 0 };
  const serve = await served({ base: before([holder, other], {}, { gateway: { limits } }) });
  assert.equal((await ask(serve, "sql")).status, 200);
  await holder.close();
  await eventually("the gateway noticed", async () => {
    const { status } = await serve.ask("sql", GREEDY);
    assert.ok(status >= 500, String(status));
    return status === 503;
  });
  assert.deepEqual(await cards(serve), [
    ["base", null],
    ["sql", "base"],
  ]);
  assert.equal((await ask(serve, "base")).status, 200);
});

/** Tells what the engine tells, and hangs up on whoever asks for an answer. */
async function hangsUp({ url }: EngineServer): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    if (request.method === "POST") return void request.socket.destroy();
    void fetch(`${url}${request.url ?? ""}`).then(async (answer) => {
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
      response.end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close().closeAllConnections(),
  };
}

test("lora.load: when its only holder fails a request before the first byte, another worker has the adapter loaded and answers", async () => {
  const [holder, other] = [
    await engineOf("base", holding("sql")),
    await engineOf("base", { ...holding(), loraUpdates: true }),
  ];
  const front = await hangsUp(holder);
  try {
    const endpoints = [front, other].map(({ url }) => ({ url, kvEvents: false }));
    const model = { lora: { adapters: [SQL], load: true } };
    const serve = await served({ base: { spec: { model, serving: { workers: { endpoints } } } } });
    const { status, body, receipt } = await ask(serve, "sql");
    assert.deepEqual([status, modelsIn(body)], [200, ["sql"]], body);
    const workers = receipt.legs.map(({ worker }) => worker);
    assert.deepEqual([workers[0], workers.at(-1)], ["base-workers-0", "base-workers-1"]);
    assert.deepEqual(await adaptersOf(other), ["sql"]);
  } finally {
    front.close();
  }
});

test("adapters share no cache with their model or each other, in the engine and in what is predicted", async () => {
  const engine = await engineOf("base", holding("sql", "law"));
  const spec = { routing: { algorithm: "kv_aware" }, tokenizer: { source: "builtin" } };
  const serve = await served({ base: before([engine], {}, spec) });
  const content = prose(300, "same");
  for (const name of ["base", "sql", "law"]) {
    const cold = await ask(serve, name, content);
    assert.deepEqual([cold.cached, cold.receipt.legs[0]?.predicted.cachedTokens], [0, 0], name);
  }
  for (const name of ["base", "sql", "law"]) {
    const warm = await ask(serve, name, content);
    assert.ok((warm.cached ?? 0) > 100, name);
    assert.equal(warm.receipt.legs[0]?.predicted.cachedTokens, warm.cached, name);
  }
});

test("an adapter that was unloaded behind the gateway's back is loaded again", async () => {
  const engine = await engineOf("base", { ...holding(), loraUpdates: true });
  const serve = await served({ base: before([engine], { lora: { adapters: [SQL], load: true } }) });
  assert.equal((await ask(serve, "sql")).status, 200);
  const unloaded = await fetch(`${engine.url}/v1/unload_lora_adapter`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ lora_name: "sql" }),
  });
  assert.equal(unloaded.status, 200);
  await eventually("it is served again", async () => (await ask(serve, "sql")).status === 200);
  assert.deepEqual(await adaptersOf(engine), ["sql"]);
});

test("with prefill and decode pools both hold the adapter before its first request is split", async () => {
  const part = (role: string): Partial<EngineOptions> => ({
    ...holding(),
    loraUpdates: true,
    kvTransfer: parseKvTransferConfig(JSON.stringify({ kv_connector: "NixlConnector", kv_role: role })),
  });
  const [prefill, decode] = [await engineOf("base", part("kv_producer")), await engineOf("base", part("kv_consumer"))];
  const serving = {
    strategy: "disaggregated",
    workers: null,
    prefill: { endpoints: [{ url: prefill.url, kvEvents: false }] },
    decode: { endpoints: [{ url: decode.url, kvEvents: false }] },
    disaggregation: { rule: "always" },
  };
  const model = { lora: { adapters: [SQL], load: true } };
  const serve = await served({ base: { spec: { model, serving, tokenizer: { source: "builtin" } } } });
  const { status, body, receipt } = await ask(serve, "sql", prose(300, "w"));
  assert.deepEqual([status, modelsIn(body)], [200, ["sql"]], body);
  assert.deepEqual(
    receipt.legs.map(({ worker }) => worker),
    ["base-prefill-0", "base-decode-0"],
  );
  for (const engine of [prefill, decode]) assert.deepEqual(await adaptersOf(engine), ["sql"]);
});
