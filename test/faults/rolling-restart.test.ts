// All workers are restarted one after the other under load, as an operator does it: nothing is lost and nobody sees an error.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startClients } from "./clients.ts";
import { sumOf } from "./metrics-text.ts";
import { askedQuestions } from "./questions.ts";
import { restart } from "./strike.ts";
import { startWorld } from "./world.ts";

test("a rolling restart of all workers under load: zero lost requests, zero errors", async () => {
  const seed = 11;
  const [questions, world] = await Promise.all([askedQuestions(seed), startWorld(3)]);
  try {
    const clients = startClients({ seed, count: 6, url: world.gateway.data, questions, corruptSince: () => false });
    await pause(500);
    for (const worker of world.workers) {
      await restart(worker, world.gateway, 0);
      assert.deepEqual(await world.notReady(5000), []);
    }
    await clients.stop();
    const { left, exact, ...failed } = clients.verdicts;
    assert.deepEqual(
      failed,
      { refused: 0, ended: 0, cut: 0, corrupt: 0, lost: 0, wrong: 0 },
      clients.wrongs.join("\n"),
    );
    assert.ok(exact > 50, `${exact} exact answers, ${left} clients left`);
    const page = await world.gateway.metrics();
    assert.equal(sumOf(page, "switchgear_inflight_requests"), 0);
    assert.equal(sumOf(page, "switchgear_breaker_changes_total", { to: "open" }), 0);
  } finally {
    await world.close();
  }
});
