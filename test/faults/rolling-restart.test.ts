// All workers are restarted one after the other under load, as an operator does it: nothing is lost and nobody sees an error.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../cluster/until.ts";
import { startClients } from "./clients.ts";
import { sumOf } from "./metrics-text.ts";
import { askedQuestions } from "./questions.ts";
import { restart } from "./strike.ts";
import { startWorld, type WorldSetting } from "./world.ts";

interface Restart extends WorldSetting {
  /** Workers of that many pools leave at a time. */
  readonly together: number;
  /** By the gateway's metrics: the load goes on until there was enough of it, however slow the machine. */
  readonly enough: (page: string) => boolean;
}

const LOAD_LIMIT_MS = 30_000;

/** The gateway's metrics, once every client has its answer. */
async function rollingRestart({ together, enough, ...setting }: Restart): Promise<string> {
  const seed = 11;
  const [questions, world] = await Promise.all([askedQuestions(seed), startWorld(setting)]);
  try {
    const clients = startClients({ seed, count: 6, url: world.gateway.data, questions, corruptSince: () => false });
    await pause(500);
    const steps = world.workers.length / together;
    for (let step = 0; step < steps; step++) {
      const leaving = world.workers.filter((_, i) => i % steps === step);
      await Promise.all(leaving.map((worker) => restart(worker, world.gateway, 0)));
      assert.deepEqual(await world.notReady(5000), []);
    }
    await until(async () => clients.verdicts.exact > 50 && enough(await world.gateway.metrics()), LOAD_LIMIT_MS);
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
    return page;
  } finally {
    await world.close();
  }
}

test("a rolling restart of all workers under load: zero lost requests, zero errors", async () => {
  await rollingRestart({ workers: 3, together: 1, enough: () => true });
});

test("a rolling restart of all workers of prefill and decode pools, pair by pair under load: zero lost requests, zero errors", async () => {
  const served = (path: string, page: string): number =>
    sumOf(page, "switchgear_disaggregated_requests_total", { path });
  const enough = (now: string): boolean => served("pair", now) > 50;
  const page = await rollingRestart({ workers: 4, prefill: 2, together: 2, enough });
  assert.ok(enough(page), `${served("pair", page)} pairs`);
  assert.equal(served("refused", page), 0);
  // What was computed for a worker that left was taken by it, or taken again from another: never read from freed blocks.
  assert.equal(sumOf(page, "switchgear_retries_total", { reason: "kv_load" }), 0);
});
