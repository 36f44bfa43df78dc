// The parts of the proxy benchmark together: load client → relay or gateway → mock workers, then tables and verdicts.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { helperProcess, type HelperProcess } from "../../bench/lib/helper-process.ts";
import { type Cell, cells } from "../../bench/proxy/cells.ts";
import { BARE, contenders, DIRECT, KV_AWARE } from "../../bench/proxy/contenders.ts";
import type { LoadJob, LoadResult } from "../../bench/proxy/load-client.ts";
import { proxyTables } from "../../bench/proxy/result-table.ts";
import { type Entrant, runRounds } from "../../bench/proxy/rounds.ts";
import { type MockWorkers, startMockWorkers } from "../../bench/proxy/start-mock-workers.ts";
import { judgeTargets } from "../../bench/proxy/targets.ts";
import { thisMachine } from "../../bench/lib/machine.ts";

let workers: MockWorkers;
let client: HelperProcess;
const entrants: Entrant[] = [];

before(async () => {
  workers = await startMockWorkers(2, 1);
  client = helperProcess(join(import.meta.dirname, "../../bench/proxy/load-client.ts"));
  for (const name of [DIRECT, BARE, KV_AWARE]) {
    const contender = contenders.find((one) => one.name === name);
    assert.ok(contender);
    entrants.push({ name, proxy: await contender.start(workers.origins) });
  }
});

after(async () => {
  for (const { proxy } of entrants) await proxy.stop();
  await Promise.all([client.stop(), workers.stop()]);
});

test("streams come through every contender chunk by chunk", async () => {
  for (const { proxy } of entrants) {
    const job: LoadJob = {
      port: proxy.port,
      prompt: { bytes: 500, unique: false, stream: true },
      connections: 4,
      salt: "a",
      pace: { kind: "count", requests: 4 },
    };
    const { requests, chunks, failures } = await client.ask<LoadResult>(job);
    assert.deepEqual({ requests, chunks, failures }, { requests: 4, chunks: 400, failures: {} });
  }
});

test("rounds give each contender a sample of each cell; tables and verdicts follow", async () => {
  const tiny = { unarySeconds: 0.05, streams: 2, latencySeconds: 0.05 };
  const list: Cell[] = cells(tiny).map((cell) => ({ ...cell, connections: 2 }));
  const results = await runRounds({ entrants, cells: list, client, rounds: 2, warmUpSeconds: 0.1, progress: () => {} });
  for (const { samples } of results) {
    assert.deepEqual(
      list.map(({ name }) => samples[name].length),
      list.map(() => 2),
    );
    for (const { name } of list) for (const sample of samples[name]) assert.ok(sample.perSecond > 0, name);
  }
  const measured = { results, footprint: undefined, index: undefined, decision: undefined };
  const judged = judgeTargets(measured);
  assert.ok(judged.length >= 4);
  assert.ok(judged.every(({ verdict }) => verdict === "unresolved"));
  const absent = [{ name: "nginx", why: "not installed" }];
  const report = { ...measured, judged, absent, machine: thisMachine(), rounds: 2, quick: true };
  const text = proxyTables(report);
  assert.match(text, /\| gateway kv_aware \| \d+ \|/);
  assert.match(text, /nginx: absent \(not installed\)/);
  assert.match(text, /too few for one/);
});

test("requests that fail are counted by reason", async () => {
  const job: LoadJob = {
    port: Number(new URL(workers.origins[0] ?? "").port),
    prompt: { bytes: 500, unique: false, stream: false },
    connections: 1,
    salt: "a",
    pace: { kind: "rate", perSecond: 1000, seconds: 0.2 },
  };
  const { requests, failures } = await client.ask<LoadResult>(job);
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  assert.equal(requests + failed, 200);
});
