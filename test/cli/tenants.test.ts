// `switchgear tenants`: the example is a file that is read, answers are text or CSV, refusals have their exit codes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { readDeploymentText, TENANTS_EXAMPLE } from "../../src/config/index.ts";
import { closeAfterTest } from "../core/closing.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 10_000 };
    execFile(process.execPath, [MAIN, "tenants", ...argv], options, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

/** An admin API that answers each path as told. */
async function adminApi(answers: Readonly<Record<string, readonly [number, unknown]>>, usage: readonly object[] = []) {
  const asked: { path: string; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      asked.push({ path: request.url ?? "", body: text === "" ? undefined : JSON.parse(text) });
      const page = request.url?.endsWith("/usage") === true ? usage[asked.length - 1] : undefined;
      const [status, body] = page
        ? [200, page]
        : (answers[request.url ?? ""] ?? [404, { error: { message: "nothing by this id" } }]);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest(() => server.close());
  const admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, flags: ["--admin", admin, "--token-env", "T"], env: { T: "token" } };
}

test("the printed example is a faultless Tenants file", async () => {
  const { code, out } = await run(["example"]);
  assert.equal(code, 0);
  assert.equal(out, TENANTS_EXAMPLE);
  const { tenants, diagnostics } = readDeploymentText({ file: "example", text: out });
  assert.deepEqual(diagnostics, []);
  assert.equal(tenants?.tenants.length, 2);
});

test("a new key alone goes to standard output; what is asked reaches the API", async () => {
  const key = "swg_0123456789ab_secret";
  const api = await adminApi({
    "/admin/v1/tenants/keys": [200, { key, id: "0123456789ab", tenant: "a", expires: null }],
  });
  const { code, out, err } = await run(["create", "a", "--expires-days", "2", "--label", "x", ...api.flags], api.env);
  assert.deepEqual([code, out], [0, `${key}\n`]);
  assert.match(err, /not shown again/);
  assert.deepEqual(api.asked[0]?.body, { tenant: "a", role: "client", expiresInSeconds: 172_800, label: "x" });
});

test("a report has a line for each tenant, key and model, in money, and no cell that a spreadsheet would run", async () => {
  const sum = {
    keyId: "k",
    model: "=cmd()",
    requests: 1,
    inputTokens: 10,
    cachedTokens: 0,
    outputTokens: 5,
    cost: 1_500_000_000,
  };
  const sums = [
    { day: 1, tenant: "a", ...sum },
    { day: 2, tenant: "a", ...sum },
  ];
  const api = await adminApi({ "/admin/v1/tenants/report": [200, { month: "2026-11", sums }] });
  const { out } = await run(["report", "--month", "2026-11", "--format", "csv", ...api.flags], api.env);
  const [head, line, ...more] = out.split("\r\n");
  assert.equal(head, "tenant,keyId,model,requests,inputTokens,cachedTokens,outputTokens,cost");
  assert.equal(line, "a,k,'=cmd(),2,20,0,10,3.000000");
  assert.deepEqual(more, [""]);
});

test("bug: an export of more rows than one answer holds ended there, without a word", async () => {
  const row = (id: string) => ({ id, at: 0, tenant: "a", model: "m", cost: 0 });
  const next = { from: 7, after: "2" };
  const pages = [{ rows: [row("1"), row("2")], next }, { rows: [row("3")] }];
  const api = await adminApi({}, pages);
  const { out } = await run(["usage", "--from", "2026-11-01", "--format", "csv", ...api.flags], api.env);
  const lines = out.trimEnd().split("\r\n");
  assert.deepEqual(
    lines.map((line) => line.split(",")[2]),
    ["id", "1", "2", "3"],
  );
  const [first, second] = api.asked.map(({ body }) => body as Record<string, unknown>);
  assert.deepEqual([first?.["from"], second?.["from"], second?.["after"]], [Date.UTC(2026, 10), 7, "2"]);
  const few = await adminApi({}, pages);
  assert.equal(
    (await run(["usage", "--limit", "2", "--format", "csv", ...few.flags], few.env)).out.split("\r\n").length,
    4,
  );
});

test("bug: a time of day without a zone was read in the machine's own, a day in UTC", async () => {
  const asked = async (from: string): Promise<unknown> => {
    const api = await adminApi({}, [{ rows: [] }]);
    await run(["usage", "--from", from, ...api.flags], { ...api.env, TZ: "America/New_York" });
    return (api.asked[0]?.body as { readonly from?: unknown } | undefined)?.from;
  };
  assert.equal(await asked("2026-11-01"), Date.UTC(2026, 10, 1));
  assert.equal(await asked("2026-11-01 08:30"), Date.UTC(2026, 10, 1, 8, 30));
  assert.equal(await asked("2026-11-01T08:30:00+01:00"), Date.UTC(2026, 10, 1, 7, 30));
  assert.equal(await asked("11/01/2026"), undefined);
});

test("exit codes: 1 what is refused or not there, 2 bad input and no admin API", async () => {
  const revoke = "/admin/v1/tenants/keys/0123456789ab/revoke";
  const api = await adminApi({
    [revoke]: [409, { error: { message: "the last admin key" } }],
    "/admin/v1/tenants/keys": [400, { error: { message: "no tenant" } }],
  });
  const codes = async (...argv: string[]) => (await run([...argv, ...api.flags], api.env)).code;
  assert.equal(await codes("revoke", "0123456789ab"), 1);
  assert.equal(await codes("rotate", "ffffffffffff"), 1);
  assert.equal(await codes("create", "Bad"), 2);
  assert.equal(await codes("create"), 2);
  assert.equal(await codes("usage", "--from", "yesterday"), 2);
  assert.equal((await run(["list", "--admin", "http://127.0.0.1:1", "--token-env", "T"], { T: "t" })).code, 2);
});
