// Settings that all gateways share, on an etcd whose calls may overtake each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { sharedStore } from "../../src/cluster/members/shared-keys.ts";
import { until } from "./until.ts";

test("bug: a drain that was taken back at once could stay in etcd", async () => {
  const held = new Map<string, string>();
  const client = {
    put: async (key: string, value: string) => {
      await pause(50);
      held.set(key, value);
    },
    remove: async (key: string) => void held.delete(key),
  } as unknown as Parameters<typeof sharedStore>[0];
  const shared = sharedStore(client, "/s/", "/epoch");
  shared.set("drain/a", "1");
  shared.set("drain/a", undefined);
  await until(() => shared.unsent === 0);
  await pause(60);
  assert.deepEqual([...held], []);
});
