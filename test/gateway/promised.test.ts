// What a request is promised reaches the policy and the receipt, and stays known at its worker until it ends.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { Client, Tenancy } from "../../src/gateway/index.ts";
import type { Candidate, Policy, RouteRequest } from "../../src/routing/index.ts";
import { call, chat, eventually, inTurn, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

const SLO = { ttftP99Ms: 2000, itlP99Ms: 50, availabilityTarget: undefined };

/** The tenant that the bearer token names: `quick` has objectives of its own. */
function tenancy(): Tenancy {
  const clientOf = (tenant: string): Client => ({
    tenant,
    keyId: undefined,
    label: tenant,
    routeHeader: false,
    maxOutputTokens: undefined,
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
  assert.deepEqual(seen[0]?.request.promised, { ttftMs: 300, itlMs: 20 });
  assert.deepEqual(seen[1]?.request.promised, { ttftMs: 2000, itlMs: 50 });
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
