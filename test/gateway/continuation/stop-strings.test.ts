// Stop strings that a lost worker had begun: the next one ends the stream where one worker would have ended it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { call, testFleet, testGateway, testWorker } from "../harness.ts";
import { type Cut, cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

const path = "/v1/completions";
const GREEDY = { model: "tiny", prompt: "Tell me.", stream: true, temperature: 0, max_tokens: 30, ignore_eos: true };
const CUTS = 60;

const engine = await engineForTests();
const said = takeApart((await call(engine, { path, body: JSON.stringify(GREEDY) })).body).text;

for (const include of [false, true])
  test(`stop strings ${include ? "that the client wants to see" : "that are left out"}: ${CUTS} of them, the worker lost at random bytes`, async () => {
    const random = seededRandom(`stop strings ${include}`);
    let cut: Cut | undefined;
    const workers = [];
    for (const id of ["a", "b"]) {
      const { origin } = await cuttingWorker(engine, ({ requestId }) => (requestId.endsWith("-c1") ? undefined : cut));
      workers.push(testWorker(id, origin));
    }
    const continuation = { mode: "exact", maxPerRequest: 1, maxTokens: 1000 } as const;
    const gateway = await testGateway({ fleet: testFleet(workers), model: { continuation } });
    for (let i = 0; i < CUTS; i++) {
      const from = random.int(said.length - 20);
      const stop = [said.slice(from, from + 2 + random.int(18)), "never said"];
      const body = JSON.stringify({ ...GREEDY, stop, include_stop_str_in_output: include });
      cut = { kind: "error", bytes: 300 + random.int(from * 45 + 100) };
      const got = takeApart((await call(gateway, { path, body })).body);
      const want = takeApart((await call(engine, { path, body })).body);
      assertSame(got, want, `${JSON.stringify(stop[0])}, lost after ${cut.bytes} bytes`);
      assert.deepEqual(want.stopReasons, [stop[0]]);
    }
    const [, continued] = /continuations_total\{[^}]*\} (\d+)/.exec(await gateway.metrics.page()) ?? [];
    assert.ok(Number(continued) > CUTS / 2, `${continued} continued`);
  });
