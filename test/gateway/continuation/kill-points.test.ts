// 1,000 streams whose workers are lost at random bytes, up to three times each: every one equals the uninterrupted stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { call, testFleet, testGateway, testWorker } from "../harness.ts";
import { type Asked, type Cut, type CutKind, cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

const STREAMS = 1000;
const AT_ONCE = 100;
const KINDS: readonly CutKind[] = ["reset", "end", "error", "abort"];
const SETTINGS = { mode: "exact", maxPerRequest: 3, maxTokens: 10_000 } as const;

const random = seededRandom("kill points");

/** Bodies of every kind that is continued exactly. */
function bodyOf(nth: number): { readonly path: string; readonly body: object } {
  const common = {
    model: "tiny",
    stream: true,
    temperature: 0,
    max_tokens: 3 + (nth % 14),
    ...(nth % 3 === 0 && { stream_options: { include_usage: true, continuous_usage_stats: nth % 2 === 0 } }),
    ...(nth % 5 === 0 && { stop: ["and the ", "zzz"] }),
    ...(nth % 7 === 0 && { min_tokens: 3, ignore_eos: true }),
    ...(nth % 11 === 0 && { return_token_ids: true }),
  };
  const question = `Tell me about number ${nth % 13}: größer 🦆 …`;
  if (nth % 2 === 0) return { path: "/v1/completions", body: { ...common, prompt: question } };
  return { path: "/v1/chat/completions", body: { ...common, messages: [{ role: "user", content: question }] } };
}

function cutOf({ requestId, body }: Asked): Cut | undefined {
  // The last leg that is allowed lives; one lost before its first byte is a retry, which has a limit of its own.
  if (/-(c3|r\d)$/.test(requestId) || random.next() < 0.2) return undefined;
  const kind = KINDS[random.int(KINDS.length)] ?? "reset";
  const tokens = Number(/"max_tokens":(\d+)/.exec(body)?.[1] ?? 4);
  return { kind, bytes: 1 + random.int(200 + tokens * 230) };
}

/** Not known of a worker that never ended a stream. */
const withoutFingerprint = (shape: string) => shape.replace(",system_fingerprint", "");

test(`${STREAMS} streams, lost at random bytes: no token lost, doubled or out of order`, async () => {
  const engines = [await engineForTests(), await engineForTests(), await engineForTests()];
  const workers = [];
  for (const [i, engine] of engines.entries()) {
    const { origin } = await cuttingWorker(engine, cutOf);
    workers.push(testWorker(`w${i}`, origin));
  }
  const gateway = await testGateway({
    fleet: testFleet(workers),
    model: { continuation: SETTINGS },
    limits: { retries: 10, retryBudgetRatio: 1 },
  });
  const [reference] = engines;
  assert.ok(reference);
  const wanted = new Map<string, ReturnType<typeof takeApart>>();
  let continued = 0;

  async function one(nth: number): Promise<void> {
    const { path, body } = bodyOf(nth);
    const text = JSON.stringify(body);
    const answer = await call(gateway, { path, body: text });
    const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
    const want = wanted.get(text) ?? takeApart((await call(reference as { port: number }, { path, body: text })).body);
    wanted.set(text, want);
    const legs = receipt?.legs.map((leg) => `${leg.worker} ${leg.failure} @${leg.continuedAt}`).join(", ");
    const what = `stream ${nth} (${legs})`;
    assert.equal(answer.status, 200, what);
    assertSame(takeApart(answer.body), want, what);
    const known = new Set([...want.shapes].map(withoutFingerprint));
    for (const shape of takeApart(answer.body).shapes)
      assert.ok(known.has(withoutFingerprint(shape)), `${what}: ${shape}`);
    if ((receipt?.legs.length ?? 0) > 1) continued += 1;
  }

  for (let from = 0; from < STREAMS; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, STREAMS - from) }, (_, i) => one(from + i)));
  assert.ok(continued > STREAMS / 3, `only ${continued} streams lost a worker`);
  const page = await gateway.metrics.page();
  assert.match(page, /switchgear_continuations_total\{model="tiny",reason="broken"\} \d\d/);
  assert.match(page, /switchgear_continuations_total\{model="tiny",reason="engine"\} \d/);
});
