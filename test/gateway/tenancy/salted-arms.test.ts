// A tenant's salt on the arms of a migration: none on the legacy arm unless it is asked for, and the same on both legs of a shadowed request.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock } from "../../../src/core/index.ts";
import {
  type Arms,
  type Client,
  MIRROR_SETTINGS,
  type RawPair,
  startMirror,
  type Tenancy,
} from "../../../src/gateway/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";
import { call, chat, testFleet, testGateway, testWorker, upstream, within } from "../harness.ts";

function tenancy(saltsLegacy: boolean): Tenancy {
  const client: Client = {
    tenant: "a",
    keyId: undefined,
    label: "a",
    routeHeader: false,
    maxOutputTokens: undefined,
    mayUse: () => true,
    salt: (_model, own) => `salt of a${own ?? ""}`,
    saltsLegacy,
  };
  const grant = { left: { requests: undefined, tokens: undefined }, beyondSoft: false, token: () => undefined };
  return {
    identify: () => ({ kind: "client", client }),
    admit: () => ({ ...grant, settle: () => 0 }),
    finished: () => undefined,
  };
}

/** The salts that the legacy worker and the candidate saw of one request; only requests of the legacy arm are shadowed. */
async function saltsOf(primary: "legacy" | "candidate", saltsLegacy: boolean, body: string): Promise<unknown[]> {
  const [legacy, candidate] = await Promise.all(
    ["legacy", "candidate"].map(() =>
      upstream((_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      }),
    ),
  );
  assert.ok(legacy && candidate);
  const workers = { legacy: testWorker("l", legacy.origin), candidate: testWorker("c", candidate.origin) };
  const targets = {
    legacy: { model: "tiny", workers: () => [workers.legacy] },
    candidate: { model: "tiny", workers: () => [workers.candidate] },
  };
  let pair: ((pair: RawPair) => void) | undefined;
  const paired = new Promise<RawPair>((resolve) => (pair = resolve));
  const mirror = startMirror({
    ...targets,
    settings: { ...MIRROR_SETTINGS, coldStartMs: 0, brake: { ...MIRROR_SETTINGS.brake, loopLagMs: Infinity } },
    fraction: () => 1,
    sampled: () => true,
    repeated: () => false,
    loopLagMs: () => 0,
    clock: realClock,
    log: silentLog,
    onPair: (one) => pair?.(one),
  });
  const arms: Arms = {
    ...targets,
    choose: () => primary,
    mayCross: () => true,
    legEnded: () => undefined,
    waiting: new Set(),
    mirror,
  };
  const fleet = testFleet([workers.legacy, workers.candidate]);
  const gateway = await testGateway({ fleet, options: { arms: () => arms, tenants: tenancy(saltsLegacy) } });
  assert.equal((await call(gateway, { body })).status, 200);
  if (primary === "legacy") await within(paired, "the pair");
  return [legacy, candidate].map(
    ({ requests: [request] }) => request && (JSON.parse(request.body) as Record<string, unknown>)["cache_salt"],
  );
}

test("the legacy arm gets no salt of ours, nor does the copy of its request; what the client sent stays", async () => {
  assert.deepEqual(await saltsOf("legacy", false, chat()), [undefined, undefined]);
  assert.deepEqual(await saltsOf("legacy", false, chat({ cache_salt: "mine" })), ["mine", "mine"]);
});

test("with isolation.legacyArm, both legs have the tenant's salt, and the candidate always has it", async () => {
  assert.deepEqual(await saltsOf("legacy", true, chat()), ["salt of a", "salt of a"]);
  assert.deepEqual(await saltsOf("candidate", false, chat({ cache_salt: "x" })), [undefined, "salt of ax"]);
});
