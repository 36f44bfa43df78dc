// What tests ask of a gateway with the plan `move`: its admin API, and which arm answers a session.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { MigrationReport, MigrationStatus } from "../../../src/migration/index.ts";
import type { Answer } from "../../gateway/harness.ts";
import { type AdminAccess, eventually } from "../api.ts";

export interface Commanded {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface PlanAdmin {
  readonly status: () => Promise<MigrationStatus>;
  readonly report: () => Promise<MigrationReport>;
  readonly command: (name: string, body?: object) => Promise<Commanded>;
}

/** A paused gateway answers nothing. */
const LIMIT_MS = 5000;

export function planAdmin({ admin, adminTokenFile }: AdminAccess): PlanAdmin {
  // A connection that is kept would lead to the process before a restart.
  const headers = { authorization: `Bearer ${readFileSync(adminTokenFile, "utf8").trim()}`, connection: "close" };
  async function ask(path: string, body?: object): Promise<Commanded> {
    const answer = await fetch(`${admin}/admin/v1/migrations/move${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers,
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  return {
    status: async () => (await ask("")).body as unknown as MigrationStatus,
    report: async () => (await ask("/report")).body as unknown as MigrationReport,
    command: (name, body = {}) => ask(`/${name}`, body),
  };
}

export function areReady({ arms }: MigrationStatus): boolean {
  return arms.legacy.ready === 1 && arms.candidate.ready === 1;
}

/** To its first step, whatever the preflight finds: fakes answer nothing that the probe asks, so it is accepted by name. */
export async function passPreflight(plan: PlanAdmin): Promise<void> {
  const phase = async (): Promise<string> => (await plan.status()).plan.phase;
  await eventually("the preflight is over", async () => (await phase()) !== "preflight", 20_000);
  const override = (await plan.status()).plan.preflight?.failures ?? [];
  if ((await phase()) === "draft") assert.equal((await plan.command("start", { override })).status, 200);
  const isCanary = ({ plan: { phase: now, weightConfirmed } }: MigrationStatus) => now === "canary" && weightConfirmed;
  await eventually("the first step", async () => isCanary(await plan.status()), 20_000);
}

export type ArmName = "legacy" | "candidate";

/** That answered, of two fakes that `streams` says so of. */
export function armOf({ status, body }: Answer): ArmName {
  assert.equal(status, 200, body);
  return body.includes('"legacy"') ? "legacy" : "candidate";
}

/** Of each of twenty sessions. */
export async function armsOf(gateway: { ask(user: string): Promise<Answer> }): Promise<ArmName[]> {
  const found: ArmName[] = [];
  for (let i = 0; i < 20; i++) found.push(armOf(await gateway.ask(`user-${i}`)));
  return found;
}
