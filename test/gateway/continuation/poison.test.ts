// A request that fails in mid-stream wherever it runs: it takes no worker with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock } from "../../../src/core/index.ts";
import { startFleet } from "../../../src/fleet/index.ts";
import { ENGINE_DEAD_MESSAGE } from "../../../src/vllm/index.ts";
import { workerAnswer } from "../../fleet/fake-worker.ts";
import { workerSpec } from "../../fleet/worker-spec.ts";
import { call, chat, chunk, eventually, testFleet, testGateway, upstream } from "../harness.ts";

const CONTROL = new Set(["/health", "/version", "/v1/models", "/metrics", "/kv_event_sources"]);
const WORKERS = 4;

/** Workers that say this in each stream, behind a real fleet; the phases of their breakers after one request. */
async function breakersAfter(message: string, code: number): Promise<(string | undefined)[]> {
  const specs = [];
  for (let i = 0; i < WORKERS; i++) {
    const { origin } = await upstream((asked, response) => {
      if (CONTROL.has(asked.path)) {
        const says = { model: "tiny", maxModelLen: 4096, health: 200, running: 0 };
        const { status, body } = workerAnswer(asked.path, says);
        return void response.writeHead(status).end(body);
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      // What goes on is a completion, whose events have another shape.
      const token = asked.path.endsWith("/chat/completions")
        ? chunk({ content: "Hel" }, { prompt_token_ids: [1], token_ids: [5] })
        : 'data: {"id":"x","choices":[{"index":0,"text":"lo","token_ids":[6],"finish_reason":null}]}\n\n';
      response.end(`${token}data: ${JSON.stringify({ error: { message, code } })}\n\ndata: [DONE]\n\n`);
    });
    specs.push(workerSpec(`w${i}`, origin, { model: "tiny", aliases: [], kvEvents: false }));
  }
  const fleet = startFleet({ workers: specs, clock: realClock });
  const continuation = { mode: "exact", maxPerRequest: 3, maxTokens: 1000 } as const;
  const gateway = await testGateway({ fleet: { ...testFleet([], ["tiny"]), ...fleet }, model: { continuation } });
  await eventually(() => fleet.eligible("tiny", "both").length === WORKERS, "all ready");
  const { body } = await call(gateway, { body: chat({ stream: true, temperature: 0 }) });
  assert.equal(body.match(/"error":/g)?.length, 1);
  assert.match(await gateway.metrics.page(), /continuations_total\{[^}]*\} 3/);
  const phases = fleet.workers().map(({ breaker }) => breaker);
  await fleet.close();
  return phases;
}

const closed = Array.from({ length: WORKERS }, () => undefined);

test("bug: one request whose stream failed anywhere opened the breakers of half the pool", async () => {
  assert.deepEqual(await breakersAfter("list index out of range", 400), closed);
  assert.deepEqual(await breakersAfter("Internal server error", 500), closed);
});

test("an engine that says in a stream that it is dead is out at once, whatever the code", async () => {
  const phases = await breakersAfter(ENGINE_DEAD_MESSAGE, 400);
  assert.equal(phases.filter((phase) => phase === "open").length, WORKERS / 2);
});
