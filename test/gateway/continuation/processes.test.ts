// Engines in processes of their own, ended by kill -9, stopped, or told to leave while streams run on them.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, test } from "node:test";
import { engineProcess, MODEL } from "../../faults/engine-process.ts";
import { call, chat, testFleet, type TestGateway, testGateway, testWorker } from "../harness.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

const engines = [await engineProcess(["--hang-limit", "60"]), await engineProcess()];
const start = () => Promise.all(engines.map((one) => one.start()));
after(() => Promise.all(engines.map((one) => one.kill("SIGKILL"))));

const BODY = { model: MODEL, stream: true, temperature: 0, max_tokens: 200, ignore_eos: true };

/** Reads a stream and calls `then` once so many events have come. */
function streamed(gateway: TestGateway, events: number, then: () => unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = "/v1/chat/completions";
    const headers = { "content-type": "application/json" };
    const asked = request({ host: "127.0.0.1", port: gateway.port, path, method: "POST", headers }, (response) => {
      let text = "";
      let told = false;
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (told || text.split("\n\n").length <= events) return;
        told = true;
        then();
      });
      response.on("end", () => resolve(text));
    });
    asked.on("error", reject).end(chat(BODY));
  });
}

async function gatewayBefore(): Promise<TestGateway> {
  await start();
  const list = engines.map(({ port }, i) => testWorker(`w${i}`, `http://127.0.0.1:${port}`, { model: MODEL }));
  return testGateway({
    fleet: testFleet(list),
    model: { continuation: { mode: "exact", maxPerRequest: 3, maxTokens: 10_000 } },
    limits: { idleTimeoutMs: 1000 },
  });
}

const WAYS: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["kill -9", () => engines[0]?.kill("SIGKILL"), /reason="broken"\} 4/],
  ["SIGSTOP", () => engines[0]?.signal("SIGSTOP"), /reason="idle"\} 4/],
];

for (const [way, lose, counted] of WAYS) {
  test(`${way} of one of two engines with eight streams: all of them end as if nothing had been`, async () => {
    const gateway = await gatewayBefore();
    let waiting = 8;
    // Only once all of them run: before its first byte a stream of a stopped worker meets another limit.
    const last = () => {
      if (--waiting === 0) lose();
    };
    const bodies = await Promise.all(Array.from({ length: 8 }, () => streamed(gateway, 10, last)));
    const [, survivor] = engines;
    assert.ok(survivor);
    const want = takeApart((await call(survivor, { path: "/v1/chat/completions", body: chat(BODY) })).body);
    assert.equal(want.finishes[0], "length");
    for (const body of bodies) assertSame(takeApart(body), want, way);
    assert.match(await gateway.metrics.page(), counted);
    engines[0]?.signal("SIGCONT");
    await engines[0]?.kill("SIGKILL");
  });
}
