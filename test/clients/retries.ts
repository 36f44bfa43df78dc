// What a library does by itself when the gateway has no worker for a moment: it waits as told and asks again.
import assert from "node:assert/strict";
import { bodyOf } from "../conformance/answer.ts";
import { exchange } from "../conformance/http.ts";
import type { Case, Target } from "../conformance/target.ts";

type Fetch = typeof fetch;

/** The only worker is drained until the first refusal has been seen. */
export function retriesUntilServed(topic: string, ask: (target: Target, fetched: Fetch) => Promise<unknown>): Case[] {
  const run = async (target: Target): Promise<void> => {
    const statuses: number[] = [];
    const watched: Fetch = async (...args) => {
      const answer = await fetch(...args);
      statuses.push(answer.status);
      if (answer.status === 503) {
        assert.ok(answer.headers.get("retry-after"), "503 without Retry-After");
        await drain(target, false);
      }
      return answer;
    };
    await drain(target, true);
    try {
      await ask(target, watched);
    } finally {
      await drain(target, false);
    }
    assert.deepEqual(statuses, [503, 200]);
  };
  const skip = ({ gateway }: Target): string | undefined =>
    gateway ? undefined : "an engine alone is never without workers";
  return [{ topic, name: "retries by itself while no worker is free", run, skip }];
}

async function drain({ gateway }: Target, on: boolean): Promise<void> {
  assert.ok(gateway);
  const headers = { authorization: `Bearer ${gateway.adminToken}` };
  const list = bodyOf(await exchange(gateway.adminUrl, { path: "/admin/v1/workers", headers })).at("workers");
  const id = encodeURIComponent(list.at(0, "id").text());
  const path = `/admin/v1/workers/${id}/${on ? "drain" : "undrain"}`;
  assert.equal((await exchange(gateway.adminUrl, { path, method: "POST", headers })).status, 200);
}
