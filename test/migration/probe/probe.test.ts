// The probe between simulated engines: equal ones pass, each kind of wrong candidate is caught by its check.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { parseKvEventsConfig } from "../../../src/engine/index.ts";
import { kvEventListener, runProbe } from "../../../src/migration/index.ts";
import { check, engine, front, probed } from "./arms.ts";

test("equal engines: no failure, and nothing but identity is in doubt", async () => {
  const result = await probed({});
  assert.equal(result.outcome, "pass");
  assert.deepEqual(result.failures, []);
  const of = (wanted: string) => result.checks.filter(({ status }) => status === wanted).map(({ id }) => id);
  assert.deepEqual(of("warn"), ["identity"]);
  // A model that generates has no embeddings; nothing else of the API may be left out.
  const left = of("skip").filter((id) => !["path /v1/embeddings", "path /v1/score", "path /v1/rerank"].includes(id));
  assert.deepEqual(left, ["kv-events", "kv-transfer"]);
  assert.match(check(result, "prompt-tokens").evidence, /^20 of 20/);
  assert.match(check(result, "cancellation").evidence, /^freed: 1 running → 0/);
  assert.match(check(result, "cache-salt").evidence, /^\d+ cached tokens under the same salt, 0 under another/);
});

test("a lost system prompt shows in the token counts, lost tools in the calls", async () => {
  const template = await probed({ templateFault: true });
  assert.ok(template.failures.includes("prompt-tokens"));
  assert.match(check(template, "prompt-tokens").evidence, /system: \d+ → \d+/);
  const tools = await probed({ dropTools: true });
  for (const id of ["tools-auto", "tools-auto-stream", "tools-required", "tools-required-stream"])
    assert.match(check(tools, id).evidence, /legacy calls get_weather, the candidate calls nothing/);
  assert.equal(check(tools, "tools-none").status, "pass");
});

test("another model name fails without a model map and passes with one", async () => {
  const candidate = { servedModelNames: ["other"] };
  const unmapped = await probed(candidate);
  assert.equal(unmapped.outcome, "fail");
  assert.match(check(unmapped, "models").evidence, /^m missing/);
  const mapped = await probed(candidate, { modelMap: { m: "other" } });
  assert.deepEqual(mapped.failures, []);
});

test("a shorter context and an absent cache are named", async () => {
  const short = await probed({ maxModelLen: 4096 });
  assert.ok(short.failures.includes("context"));
  const uncached = await probed({ prefixCaching: false });
  assert.equal(check(uncached, "cache-salt").status, "skip");
});

test("a candidate that ignores a parameter's name, a path, cancels and errors is told of each", async () => {
  const [legacy, behind] = [await engine(), await engine()];
  const spoilt = await front(behind.url, ({ url = "" }, body, response) => {
    const refuse = (status: number, text: string): true => {
      response.writeHead(status, { "content-type": "application/json" }).end(text);
      return true;
    };
    if (url === "/v1/completions") return refuse(404, '{"detail":"Not Found"}');
    if (body.includes('"top_k"')) return refuse(400, '{"error":{"message":"Unsupported parameter(s): top_k"}}');
    if (body.includes("no-such-model")) return refuse(500, "{}");
    if (body.endsWith('"model": ')) return refuse(400, '{"detail":"bad"}');
    return false;
  });
  try {
    const result = await runProbe({ legacy: { url: `${legacy.url}/v1/` }, candidate: { url: spoilt.url } });
    assert.equal(result.outcome, "fail");
    assert.match(check(result, "parameter top_k").evidence, /legacy 200, candidate 400 "Unsupported parameter/);
    assert.match(check(result, "path /v1/completions").evidence, /404/);
    assert.equal(check(result, "error unknown model").status, "fail");
    assert.match(check(result, "error bad json").evidence, /the body has no message, type/);
    assert.match(check(result, "cancellation").evidence, /still run|ran to its end/);
    assert.deepEqual(result.failures.toSorted(), [
      "cancellation",
      "error unknown model",
      "parameter completions.echo",
      "parameter completions.logprobs",
      "parameter completions.n",
      "parameter completions.prompt_logprobs",
      "parameter completions.return_token_ids",
      "parameter completions.seed",
      "parameter completions.stop",
      "parameter completions.suffix",
      "parameter top_k",
      "path /v1/completions",
    ]);
  } finally {
    await Promise.all([spoilt.close(), legacy.close(), behind.close()]);
  }
});

test("KV events: silence fails, batches pass; a disaggregated candidate without transfer fails or cannot be seen", async () => {
  const silent = await probed({}, { kvEvents: (produce) => produce().then(() => 0), disaggregated: true });
  assert.ok(silent.failures.includes("kv-events"));
  assert.ok(check(silent, "kv-transfer").status !== "pass");
  const alive = await probed({}, { kvEvents: (produce) => produce().then(() => 3), expectIdentity: "dynamo" });
  assert.equal(check(alive, "kv-events").status, "pass");
  assert.deepEqual(alive.failures, ["identity"]);
});

test("both arms the same address is no migration", async () => {
  const one = await engine();
  try {
    const result = await runProbe({ legacy: { url: one.url }, candidate: { url: `${one.url}/` } });
    assert.ok(result.failures.includes("identity"));
  } finally {
    await one.close();
  }
});

test("keys are sent and never shown, also where a server echoes them", async () => {
  const key = "sk-very-secret-1";
  const [legacy, behind] = [await engine({ apiKeys: [key] }), await engine({ apiKeys: [key] })];
  const echo = await front(behind.url, ({ headers }, body, response) => {
    if (!body.includes('"min_p"')) return false;
    response.writeHead(400).end(JSON.stringify({ error: { message: `bad: ${headers.authorization}` } }));
    return true;
  });
  const headers = { authorization: `Bearer ${key}` };
  try {
    const result = await runProbe({ legacy: { url: legacy.url, headers }, candidate: { url: echo.url, headers } });
    assert.match(check(result, "parameter min_p").evidence, /bad: \*\*\*/);
    assert.match(check(result, "error no key").evidence, /^401 .* → 401/);
    assert.ok(!JSON.stringify(result).includes(key));
  } finally {
    await Promise.all([echo.close(), legacy.close(), behind.close()]);
  }
});

test("credentials in an address are sent as Basic and never shown", async () => {
  const asked: (string | undefined)[] = [];
  const behind = await engine();
  const guarded = await front(behind.url, ({ headers }, _body, response) => {
    asked.push(headers.authorization);
    response.writeHead(401).end(`no: ${headers.authorization}`);
    return true;
  });
  const url = guarded.url.replace("//", "//me:open%20sesame@");
  try {
    const result = await runProbe({ legacy: { url, metricsUrls: [url] }, candidate: { url: `${url}/v1` } });
    assert.deepEqual(new Set(asked), new Set([`Basic ${Buffer.from("me:open sesame").toString("base64")}`]));
    assert.equal(result.legacy.url, guarded.url);
    assert.doesNotMatch(JSON.stringify(result), /sesame|bWU6/);
  } finally {
    await Promise.all([guarded.close(), behind.close()]);
  }
});

test("an arm that is not there makes the probe unusable; limits make checks fail, not pass", async () => {
  const gone = await engine();
  const { url } = gone;
  await gone.close();
  const dead = await probed({}, { candidate: { url } });
  assert.equal(dead.outcome, "unusable");
  assert.match(check(dead, "models").evidence, /^candidate: no answer/);
  const poor = await probed({}, { maxRequests: 40 });
  assert.ok(poor.requests <= 40);
  assert.equal(poor.outcome, "fail");
  assert.match(check(poor, "cache-salt").evidence, /limit of time or requests/);
  const late = await probed({}, { timeoutMs: 50 });
  assert.notEqual(late.outcome, "pass");
  const nothing = await probed({}, { maxRequests: 3 });
  assert.equal(nothing.outcome, "unusable");
});

test("KV events of a real socket are heard", async () => {
  const port = await freePort();
  const kvEvents = parseKvEventsConfig(JSON.stringify({ enable_kv_cache_events: true, endpoint: `tcp://*:${port}` }));
  const result = await probed({ kvEvents }, { kvEvents: kvEventListener(`tcp://127.0.0.1:${port}`) });
  assert.match(check(result, "kv-events").evidence, /^1 batches/);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
