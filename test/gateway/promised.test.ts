// What a request is promised reaches the policy and the receipt, and stays known at its worker until it ends.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { Client, Tenancy } from "../../src/gateway/index.ts";
import type { Candidate, Policy, RouteRequest } from "../../src/routing/index.ts";
import { leftOf } from "../../src/gateway/promised/promised-to.ts";
import { call, chat, eventually, inTurn, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

const SLO = { ttftP99Ms: 2000, itlP99Ms: 50, availabilityTarget: undefined };

/** The tenant that the bearer token names: `quick` has objectives of its own. */
function tenancy(): Tenancy {
  const clientOf = (tenant: string): Client => ({
    tenant,
    keyId: undefined,
    label: tenant,
    routeHeader: false,
    maxOutputTokens: () => undefined,
    mayUse: () => true,
    salt: () => undefined,
    saltsLegacy: false,
    slo: tenant === "quick" ? { ttftP99Ms: 300, itlP99Ms: 20 } : {},
  });
  const grant = { left: { requests: undefined, tokens: undefined }, beyondSoft: false, token: () => undefined };
  return {
    identify: ({ headers }) => ({ kind: "client", client: clientOf(headers.authorization ?? "") }),
    admit: () => ({ ...grant, settle: () => 0 }),
    finished: () => undefined,
  };
}

test("who has waited has less time left, never less than none", () => {
  const record = { promised: { ttftMs: 300, itlMs: 20 }, arrivedAt: 1000, readAt: 1100 };
  assert.deepEqual(leftOf(record, 1150), { ttftMs: 250, itlMs: 20 });
  assert.deepEqual(leftOf(record, 5000), { ttftMs: 0, itlMs: 20 });
  assert.deepEqual(leftOf({ ...record, promised: { itlMs: 20 } }, 5000), { itlMs: 20 });
  assert.equal(leftOf({ ...record, promised: undefined }, 5000), undefined);
});

test("the tenant's objectives in place of the deployment's, at its own request and at those beside it", async () => {
  const held: ServerResponse[] = [];
  const up = await upstream((_request, response) => void held.push(response));
  const seen: { readonly request: RouteRequest; readonly candidates: readonly Candidate[] }[] = [];
  const turn = inTurn();
  const policy: Policy = {
    ...turn,
    choose(request, candidates, random) {
      seen.push({ request, candidates: [...candidates] });
      return turn.choose(request, candidates, random);
    },
  };
  const gateway = await testGateway({
    fleet: testFleet([testWorker("w1", up.origin)]),
    model: { policy, slo: SLO },
    options: { tenants: tenancy() },
  });
  const ask = (tenant: string) => call(gateway, { body: chat({}), headers: { authorization: tenant } });
  const answer = (): void => void held.at(-1)?.writeHead(200, { "content-type": "application/json" }).end("{}");
  const there = (nth: number) => seen[nth]?.candidates[0]?.promisedItlMs;

  const quick = ask("quick");
  await eventually(() => held.length === 1, "the first is at the worker");
  const usual = ask("usual");
  await eventually(() => held.length === 2, "the second is too");
  const promised = (nth: number) => seen[nth]?.request.promised;
  assert.deepEqual([promised(0)?.itlMs, promised(1)?.itlMs], [20, 50]);
  assert.ok((promised(0)?.ttftMs ?? 0) <= 300 && (promised(1)?.ttftMs ?? 0) > 300, "what is left of 300 and 2000 ms");
  assert.deepEqual([there(0), there(1)], [undefined, 20]);
  for (const response of held) response.writeHead(200, { "content-type": "application/json" }).end("{}");
  const { headers } = await quick;
  await usual;
  assert.deepEqual(gateway.receipt(String(headers["x-request-id"]))?.promised, { ttftMs: 300, itlMs: 20 });
  const last = ask("usual");
  await eventually(() => held.length === 3, "the third is at the worker");
  answer();
  await last;
  assert.equal(there(2), undefined, "they have ended");
});
