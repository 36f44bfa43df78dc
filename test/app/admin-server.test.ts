// The admin listener by itself: what it says and logs when a handler fails.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type AdminHandlers, startAdminServer } from "../../src/app/admin/admin-server.ts";

test("bug: a failure of the admin API left no trace in the log", async () => {
  const logged: object[] = [];
  const fails = { workers: () => Promise.reject(new Error("disk is full")) } as unknown as AdminHandlers;
  const log = { error: (fields: object) => void logged.push(fields) };
  const server = await startAdminServer({ host: "127.0.0.1", port: 0, token: "t", handlers: fails, log });
  after(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.port}/admin/v1/workers`, {
    headers: { authorization: "Bearer t" },
  });
  assert.equal(answer.status, 500);
  assert.doesNotMatch(await answer.text(), /disk is full/);
  assert.deepEqual(logged, [{ route: "workers", error: "disk is full" }]);
});
