// Requests of two legs among doors that fail at random and clients that leave: each outcome is exact, and parameters are used once.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { engineForTests } from "../continuation/cutting-worker.ts";
import { assertSame, takeApart } from "../continuation/stream-checks.ts";
import { call, chat, eventually, testFleet, testGateway } from "../harness.ts";
import { type Asked, type Door, type PdWorker, pdWorker, resets, says, SETTINGS } from "./pd-gateway.ts";

const REQUESTS = 120;
const AT_ONCE = 10;
const LEAVES = 0.15;
const FAILS = 0.3;

const random = seededRandom("pairs");
const INTERNAL = { error: { message: "Internal server error", type: "InternalServerError", param: null, code: 500 } };
const DRAINING = {
  error: { message: "cannot schedule new futures after shutdown", type: "InternalServerError", param: null, code: 500 },
};

/** Its answer breaks off after so many bytes. */
function cutAfter(bytes: number): Door {
  return (_asked, response) => {
    let left = bytes;
    const { socket } = response;
    const write = response.write.bind(response) as (chunk: Buffer) => boolean;
    response.write = ((chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) return write(chunk);
      write(chunk.subarray(0, chunk.length + left));
      setImmediate(() => socket?.destroy());
      return true;
    }) as ServerResponse["write"];
    return "passed";
  };
}

const NO_PARAMS = says(200, { id: "x", choices: [], kv_transfer_params: null });
/** It serves whole requests, too. */
const withoutParams: Door = (asked, response) =>
  "kv_transfer_params" in asked.body ? NO_PARAMS(asked, response) : "passed";

const DOORS: readonly (() => Door)[] = [
  () => resets,
  () => says(503, INTERNAL),
  () => says(500, INTERNAL),
  () => says(500, DRAINING),
  () => withoutParams,
  () => cutAfter(1 + random.int(3000)),
];

/** A prefill worker's 500 is the client's, and a decode leg's words are not made up here. */
const FOR_PREFILL = DOORS.filter((_, i) => i !== 2);
const FOR_DECODE = DOORS.filter((_, i) => i !== 4);

function fickle(doors: readonly (() => Door)[]): Door {
  return (asked, response) => {
    const door = random.next() < FAILS ? doors[random.int(doors.length)] : undefined;
    return door === undefined ? "passed" : door()(asked, response);
  };
}

function paramsSeen(workers: readonly PdWorker[]): string[] {
  return workers.flatMap((one) =>
    one.asked.flatMap(({ body }: Asked) => {
      const { remote_request_id: id } = (body["kv_transfer_params"] ?? {}) as { remote_request_id?: string | null };
      return id === undefined || id === null ? [] : [id];
    }),
  );
}

test(`${REQUESTS} requests before prefill and decode workers that fail at random: exact, or an error; nothing is left`, async () => {
  const workers: PdWorker[] = [];
  for (const role of ["prefill", "decode"] as const)
    for (let i = 0; i < 3; i++) {
      const one = await pdWorker(`${role}-${i}`, role);
      one.door = fickle(role === "prefill" ? FOR_PREFILL : FOR_DECODE);
      workers.push(one);
    }
  const gateway = await testGateway({
    fleet: testFleet(workers.map(({ worker }) => worker)),
    model: {
      disaggregation: SETTINGS,
      continuation: { mode: "exact", maxPerRequest: 3, maxTokens: 10_000 },
    },
    limits: { retries: 5, retryBudgetRatio: 1 },
  });
  const reference = await engineForTests();
  const seen = { exact: 0, failed: 0, left: 0 };

  async function one(nth: number): Promise<void> {
    const stream = random.next() < 0.7;
    const body = chat({
      messages: [{ role: "user", content: `Question ${nth}: ${"about foxes ".repeat(5 + random.int(60))}` }],
      temperature: 0,
      ignore_eos: true,
      max_tokens: 2 + random.int(12),
      ...(stream && { stream: true, stream_options: { include_usage: true } }),
    });
    if (random.next() < LEAVES) {
      seen.left += 1;
      const leaves = AbortSignal.timeout(random.int(40));
      const init = { method: "POST", headers: { "content-type": "application/json" }, body, signal: leaves };
      return fetch(`${gateway.url}/v1/chat/completions`, init)
        .then((answer) => answer.text())
        .then(
          () => undefined,
          () => undefined,
        );
    }
    const answer = await call(gateway, { body });
    const legs = gateway.receipt(String(answer.headers["x-request-id"]))?.legs ?? [];
    const what = `${nth}: ${answer.status} ${legs.map((leg) => `${leg.worker} ${leg.part ?? leg.whole ?? `@${leg.continuedAt}`} ${leg.failure}`).join(", ")}`;
    if (answer.status !== 200 || !answer.complete || answer.body.includes('{"error"')) {
      seen.failed += 1;
      return;
    }
    seen.exact += 1;
    const { body: alone } = await call(reference, { path: "/v1/chat/completions", body });
    if (stream) return assertSame(takeApart(answer.body), takeApart(alone), what);
    const said = (text: string): unknown => {
      const { choices, usage } = JSON.parse(text) as { choices: unknown; usage: object };
      return { choices, usage: { ...usage, prompt_tokens_details: undefined } };
    };
    assert.deepEqual(said(answer.body), said(alone), what);
  }

  for (let from = 0; from < REQUESTS; from += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(from + i)));
  const params = paramsSeen(workers);
  assert.equal(new Set(params).size, params.length, "parameters twice");
  assert.ok(params.length > REQUESTS / 3, `${params.length} transfers`);
  assert.ok(seen.exact > REQUESTS * 0.6, JSON.stringify(seen));
  await eventually(() => gateway.inflight === 0, "nothing in flight");
  for (const { worker, engine } of workers) {
    const { prefillRequests, decodeRequests } = worker.ledger.load;
    assert.equal(prefillRequests + decodeRequests, 0, worker.id);
    if (worker.role === "decode") await eventually(() => engine.live.stats().kvUsage === 0, `the KV of ${worker.id}`);
  }
});
