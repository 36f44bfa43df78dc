// A tenant's salt on the arms of a migration: none on the legacy arm unless it is asked for, and the same on both legs of a shadowed request.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, chat, testGateway, within } from "../harness.ts";
import { mirroredArms } from "../mirrored-arms.ts";
import { oneTenant } from "./one-tenant.ts";

/** The salts that the legacy worker and the candidate saw of one request; only requests of the legacy arm are shadowed. */
async function saltsOf(primary: "legacy" | "candidate", saltsLegacy: boolean, body: string): Promise<unknown[]> {
  const { legacy, candidate, fleet, arms, paired } = await mirroredArms();
  const options = { arms: () => ({ ...arms, choose: () => primary }), tenants: oneTenant({ saltsLegacy }) };
  const gateway = await testGateway({ fleet, options });
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
