// The only worker with an adapter fails a request before its first byte: 503 with a reason, since it may come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arms, ModelNames } from "../../../src/gateway/index.ts";
import { call, chat, testFleet, testGateway, testWorker, unary, type Upstream, upstream } from "../harness.ts";

const SQL = { name: "sql", model: "tiny", load: false };
const NAMES: ModelNames = {
  alias: () => undefined,
  adapter: (name) => (name === "sql" ? SQL : undefined),
  aliases: () => [],
  adapters: () => [SQL],
};

const hangsUp = (): Promise<Upstream> => upstream((_request, response) => void response.destroy());

function worker(id: string, { origin }: Upstream, adapters: readonly string[]) {
  return testWorker(id, origin, { facts: { ...testWorker(id, origin).facts, adapters } });
}

async function ask(list: ReturnType<typeof worker>[], model: string, arms?: Arms) {
  const more = arms === undefined ? {} : { arms: () => arms };
  const gateway = await testGateway({ fleet: testFleet(list), options: { names: NAMES, ...more } });
  return call(gateway, { body: chat({ model }) });
}

const LOST = "The worker with the adapter `sql` was lost, and no other one holds it now.";

function isLost({ status, headers, body }: Awaited<ReturnType<typeof ask>>): void {
  assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
  assert.equal((JSON.parse(body) as { error: { message: string } }).error.message, LOST);
}

test("load: false: the request is told that nobody holds the adapter now", async () => {
  const [holder, other] = [await hangsUp(), await upstream(unary)];
  isLost(await ask([worker("holder", holder, ["sql"]), worker("other", other, [])], "sql"));
  assert.equal(other.requests.length, 0);
});

test("under a migration plan too", async () => {
  const [holder, other] = [await hangsUp(), await upstream(unary)];
  const [legacy, candidate] = [worker("old", holder, ["sql"]), worker("new", other, ["sql"])];
  isLost(
    await ask([legacy, candidate], "sql", {
      legacy: { workers: () => [legacy], model: "theirs", arm: "legacy" },
      candidate: { workers: () => [candidate], model: "ours" },
      choose: () => "legacy",
      mayCross: () => true,
      legEnded: () => undefined,
      waiting: new Set(),
      mirror: undefined,
    }),
  );
});

test("with another holder it goes there; a model that every worker has is a 502, as before", async () => {
  const [holder, other] = [await hangsUp(), await upstream(unary)];
  const both = [worker("holder", holder, ["sql"]), worker("other", other, ["sql"])];
  assert.equal((await ask(both, "sql")).status, 200);
  assert.equal((await ask([worker("holder", holder, ["sql"])], "tiny")).status, 502);
});
