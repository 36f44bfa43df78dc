// `switchgear serve` as users run it: real processes, two simulated workers, routing by real KV events.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../bench/lib/serve-process.ts";
import { admin, cachedTokens, chat, eventually, prose, workers } from "./api.ts";
import { testDeployment } from "./deployment.ts";

let serve: ServeProcess;
before(async () => {
  serve = await startServe(testDeployment());
  await eventually("both workers are ready", async () => (await workers(serve)).every((one) => one.state === "ready"));
});
after(() => serve.stop());

test("a prompt that came before goes where its blocks are, and the receipt tells prediction and truth", async () => {
  const first = await chat(serve, prose(400, "alpha"));
  assert.equal(first.status, 200);
  assert.equal(cachedTokens(first), 0);
  const index = async (): Promise<number> =>
    ((await admin(serve, "/admin/v1/index"))["index"] as { entries: number }).entries;
  await eventually("the worker's KV events are in the index", async () => (await index()) > 50);
  const again = await chat(serve, prose(400, "alpha"));
  assert.ok(cachedTokens(again) > 1000);
  const receipt = await admin(serve, `/admin/v1/requests/${again.requestId}`);
  const legs = receipt["legs"] as { worker: string; policy: string; predicted: { cachedTokens: number } }[];
  assert.equal(legs[0]?.policy, "kv_aware");
  assert.equal(legs[0]?.predicted.cachedTokens, cachedTokens(again));
  const byAnswerId = await admin(serve, `/admin/v1/requests/${String(again.body["id"])}`);
  assert.deepEqual(byAnswerId, receipt);
  const authorization = `Bearer ${readFileSync(serve.adminTokenFile, "utf8").trim()}`;
  const gone = await fetch(`${serve.admin}/admin/v1/requests/of-last-week`, { headers: { authorization } });
  assert.equal(gone.status, 404);
  assert.match(await gone.text(), /no receipt by this id: the last 20000 are kept for 86400 s .* the log has a line/);
});

test("the admin API needs its token; metrics count what happened; neither shows the prompt", async () => {
  const secret = prose(50, "secretword");
  const { requestId } = await chat(serve, secret);
  assert.equal((await fetch(`${serve.admin}/admin/v1/workers`)).status, 401);
  assert.equal((await fetch(`${serve.admin}/openapi.json`)).status, 200);
  const page = await (await fetch(serve.metrics)).text();
  assert.match(
    page,
    /switchgear_requests_total\{model="m",route="\/v1\/chat\/completions",outcome="ok",status="200"\} [1-9]/,
  );
  assert.match(page, /switchgear_worker_state\{worker="test-workers-0",model="m",state="ready"\} 1/);
  const receipt = JSON.stringify(await admin(serve, `/admin/v1/requests/${requestId}`));
  assert.ok(!receipt.includes("secretword") && !page.includes("secretword"));
});

test("bug: times of the last scrape and the last KV event were of a clock that nobody else has", async () => {
  const lastScrape = async () => Object((await workers(serve))[0])["lastScrape"] as { readonly at: unknown } | null;
  await eventually("it was scraped", async () => (await lastScrape()) !== null);
  const feeds = (await admin(serve, "/admin/v1/index"))["feeds"] as Record<string, { lastEventAt: unknown }>;
  const events = Object.values(feeds).flatMap(({ lastEventAt }) => lastEventAt ?? []);
  assert.ok(events.length > 0);
  for (const at of [(await lastScrape())?.at, ...events]) {
    assert.equal(new Date(String(at)).toISOString(), at);
    assert.ok(Math.abs(Date.now() - Date.parse(String(at))) < 60_000, `${String(at)} is about now`);
  }
});

test("a drained worker gets nothing new until it is taken back", async () => {
  const [one] = await workers(serve);
  assert.ok(one);
  await admin(serve, `/admin/v1/workers/${one.id}/drain`, "POST");
  for (let i = 0; i < 6; i++) {
    const { requestId } = await chat(serve, prose(30, `drain${i}-`));
    const legs = (await admin(serve, `/admin/v1/requests/${requestId}`))["legs"] as { worker: string }[];
    assert.notEqual(legs[0]?.worker, one.id);
  }
  await admin(serve, `/admin/v1/workers/${one.id}/undrain`, "POST");
  assert.equal((await workers(serve))[0]?.state, "ready");
});

test("a worker that is killed costs no request, and comes back by itself", async () => {
  const victim = enginePids(serve.pid)[0];
  assert.ok(victim);
  process.kill(victim, "SIGKILL");
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => chat(serve, prose(40, `kill${i}-`))));
  assert.deepEqual([...new Set(answers.map((one) => one.status))], [200]);
  await eventually("the gateway has seen it gone", async () =>
    (await workers(serve)).some((one) => one.state !== "ready"),
  );
  await eventually(
    "all workers are ready again",
    async () => (await workers(serve)).every((one) => one.state === "ready"),
    15_000,
  );
});

/** Children of `parent`, from /proc. */
function enginePids(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(parent);
      } catch {
        return false;
      }
    })
    .map(Number);
}
