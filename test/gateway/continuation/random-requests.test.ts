// Requests with every option that is continued exactly, in random company, lost up to three times: the same text, ids and running counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { call, testFleet, testGateway, testWorker } from "../harness.ts";
import { type Cut, type CutKind, cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, type Taken, takeApart } from "./stream-checks.ts";

const REQUESTS = 120;
const KINDS: readonly CutKind[] = ["reset", "fin", "end", "error", "abort"];
const SETTINGS = { mode: "exact", maxPerRequest: 3, maxTokens: 10_000 } as const;

type Fields = Record<string, unknown>;

const random = seededRandom("random requests");
const chance = (share: number): boolean => random.next() < share;

function pick<T>(list: readonly T[]): T {
  const one = list[random.int(list.length)];
  assert.ok(one !== undefined);
  return one;
}

interface Drawn {
  readonly path: string;
  readonly fields: Fields;
}

function drawn(): Drawn {
  const question = `Tell me about number ${random.int(1000)}: größer 🦆 …`;
  const most = 1 + random.int(25);
  const isChat = chance(0.5);
  const limit = isChat && chance(0.3) ? { max_completion_tokens: most, max_tokens: 3 } : { max_tokens: most };
  const fields: Fields = {
    model: "tiny",
    stream: true,
    temperature: 0,
    ...limit,
    ...(isChat ? { messages: [{ role: "user", content: question }] } : { prompt: question }),
    ...(chance(0.6) && { ignore_eos: true }),
    ...(chance(0.4) && { min_tokens: random.int(most + 1) }),
    ...(chance(0.2) && { repetition_penalty: 1.2 }),
    ...(chance(0.25) && { return_token_ids: true }),
    ...(chance(0.15) && { skip_special_tokens: false }),
    ...(chance(0.15) && { logit_bias: { "100": 5 } }),
    ...(chance(0.5) && { stream_options: { include_usage: true, continuous_usage_stats: chance(0.5) } }),
  };
  return { path: isChat ? "/v1/chat/completions" : "/v1/completions", fields };
}

/** Something that is said or made stops it. */
function stopIn({ text, ids }: Taken): Fields {
  const points = Array.from(text);
  if (chance(0.3) && ids.length > 2) return { stop_token_ids: [pick(ids)] };
  if (chance(0.5) || points.length < 8) return {};
  const from = random.int(points.length - 2);
  const stop = [points.slice(from, from + 1 + random.int(12)).join(""), "never said"];
  return { stop, ...(chance(0.5) && { include_stop_str_in_output: true }) };
}

interface Event {
  readonly choices?: readonly {
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly token_ids?: readonly number[] | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

/** What each event says of the stream so far: its text, its ids, its running counts. */
function soFar(body: string): readonly string[] {
  let text = "";
  const ids: number[] = [];
  const datas = body.split("\n\n").filter((one) => one.startsWith("data: {"));
  return datas.map((data) => {
    const { choices, usage } = JSON.parse(data.slice(6)) as Event;
    for (const choice of choices ?? []) {
      text += choice.text ?? choice.delta?.content ?? "";
      ids.push(...(choice.token_ids ?? []));
    }
    return JSON.stringify([text, ids.length, usage?.prompt_tokens, usage?.completion_tokens]);
  });
}

test(`${REQUESTS} requests with options in random company, lost at random bytes: as if nothing had been`, async () => {
  const reference = await engineForTests();
  let cuts: Cut[] = [];
  const workers = [];
  for (let i = 0; i < 5; i++) {
    const { origin } = await cuttingWorker(reference, () => cuts.shift());
    workers.push(testWorker(`w${i}`, origin));
  }
  const gateway = await testGateway({
    fleet: testFleet(workers),
    model: { continuation: SETTINGS },
    limits: { retries: 5, retryBudgetRatio: 1 },
  });
  let lost = 0;
  for (let nth = 0; nth < REQUESTS; nth++) {
    const { path, fields } = drawn();
    const free = await call(reference, { path, body: JSON.stringify({ ...fields, return_token_ids: true }) });
    const body = JSON.stringify({ ...fields, ...stopIn(takeApart(free.body)) });
    const want = await call(reference, { path, body });
    const { length } = want.body;
    const near = (): number => Math.max(1, chance(0.3) ? length - random.int(400) : random.int(length));
    cuts = Array.from({ length: 1 + random.int(3) }, () => ({ kind: pick(KINDS), bytes: near() }));
    const told = cuts.map(({ kind, bytes }) => `${kind} after ${bytes}`).join(", ");
    const what = `request ${nth} (${told} of ${length} bytes): ${body}`;
    const got = await call(gateway, { path, body });
    assert.equal(got.status, 200, what);
    assertSame(takeApart(got.body), takeApart(want.body), what);
    const known = new Set(soFar(want.body));
    for (const said of soFar(got.body)) assert.ok(known.has(said), `${what}: ${said}`);
    if ((gateway.receipt(String(got.headers["x-request-id"]))?.legs.length ?? 0) > 1) lost += 1;
  }
  assert.ok(lost > REQUESTS / 2, `only ${lost} lost a worker`);
});
