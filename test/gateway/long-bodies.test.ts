// A long body that a thread parses gives what parsing it here gives: the same request, edits, session and refusals.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as fc from "fast-check";
import { realClock } from "../../src/core/index.ts";
import { longBodies } from "../../src/gateway/bodies/long-bodies.ts";
import { readRequest } from "../../src/gateway/bodies/read-request.ts";
import { bodyFor } from "../../src/gateway/arms/lane.ts";
import { continuationBody } from "../../src/gateway/continuation/continuation-body.ts";
import { decodeBody, prefillBody } from "../../src/gateway/disaggregated/leg-bodies.ts";
import { whyWhole } from "../../src/gateway/disaggregated/why-whole.ts";
import type { Accepted } from "../../src/gateway/intake.ts";
import { FEATURES } from "../../src/gateway/continuation/features.ts";
import { memoryIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { editBody, sessionKey } from "../../src/vllm/index.ts";
import { call, chat, eventually, streamed, testFleet, testGateway, testWorker, unary, upstream } from "./harness.ts";

const bodies = longBodies(realClock);
after(() => bodies.close());

/** In pieces, as bodies come. */
function read(body: Buffer, by = bodies): ReturnType<typeof bodies.read> {
  const size = 40_000;
  const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
    Buffer.from(body.subarray(i * size, (i + 1) * size)),
  );
  return by.read(chunks, body.length);
}

const LONG = 'a "long" text\n'.repeat(30_000);
const SETTINGS = { model: "m", stream: true, stream_options: { continuous_usage_stats: true }, max_tokens: 7 };
const REQUESTS: Readonly<Record<string, object>> = {
  "one message": { ...SETTINGS, messages: [{ role: "user", content: LONG }] },
  "many messages": {
    messages: Array.from({ length: 9000 }, (_, i) => ({ role: "user", content: `turn ${i}` })),
    ...SETTINGS,
  },
  "a text prompt": { ...SETTINGS, prompt: LONG, cache_salt: "s" },
  "token ids": { prompt: Array.from({ length: 60_000 }, (_, i) => i), ...SETTINGS },
  "tools and a user": { ...SETTINGS, tools: [{ type: "function", function: { name: LONG } }], messages: [], user: "u" },
  "an image": {
    ...SETTINGS,
    messages: [
      { role: "system", content: "Look." },
      {
        role: "user",
        content: [
          { type: "text", text: "What?" },
          { type: "image_url", image_url: { url: LONG } },
        ],
      },
    ],
  },
  "text in parts": { ...SETTINGS, messages: [{ role: "user", content: [{ type: "text", text: LONG }] }] },
  "several prompts": { ...SETTINGS, prompt: [LONG, "Two"] },
  "several prompts of ids": { ...SETTINGS, prompt: [Array.from({ length: 60_000 }, (_, i) => i), [1]] },
  "more members than are worth it": Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`member ${i}`, i])),
};
const EDIT = {
  remove: ["cache_salt", "user"],
  set: { model: '"other"' },
  merge: { stream_options: { include_usage: "true" } },
};

for (const [name, fields] of Object.entries(REQUESTS))
  test(`${name}: the same request, edits and session`, async () => {
    const body = Buffer.from(JSON.stringify(fields));
    const here = readRequest(body);
    const there = await read(body);
    assert.ok("fields" in here && "request" in there);
    const { fields: kept, abridged: _, ...typed } = there.request;
    const { fields: all, ...expected } = here;
    assert.deepEqual(typed, expected);
    assert.deepEqual(Object.keys(kept), Object.keys(all));
    assert.deepEqual(there.body, body);
    assert.equal(sessionKey(there.request, {}), sessionKey(here, {}));
    assert.deepEqual(there.edit(EDIT), editBody(body, EDIT));
  });

for (const [name, fields] of Object.entries(REQUESTS))
  test(`bug: ${name}: whether the stream of a long body can be continued was decided without its prompt`, async () => {
    const there = await read(Buffer.from(JSON.stringify(fields)));
    assert.ok("request" in there);
    const { fields: kept } = there.request;
    const used = (all: object) => FEATURES.filter(({ uses }) => uses(all as typeof kept)).map((one) => one.name);
    assert.deepEqual(used(kept), used(fields));
    assert.ok(JSON.stringify(kept).length < 1000 || Object.keys(kept).length > 1000, "the prompt stays in the thread");
  });

test("the prompt stays in the thread, settings come back", async () => {
  const there = await read(Buffer.from(JSON.stringify(REQUESTS["one message"])));
  assert.ok("request" in there);
  assert.deepEqual(there.request.fields, { ...SETTINGS, messages: [] });
});

for (const [name, text] of Object.entries({
  "no JSON": `{"prompt": "${LONG.slice(0, 20)}`,
  "an array": `[${"1,".repeat(200_000)}1]`,
  "too deep": `{"a":${"[".repeat(150_000)}${"]".repeat(150_000)}}`,
  "a model that is no string": JSON.stringify({ model: 1, prompt: LONG }),
}))
  test(`${name}: the same refusal`, async () => {
    const body = Buffer.from(text);
    const here = readRequest(body);
    assert.ok("status" in here);
    assert.deepEqual(await read(body), here);
  });

test("more members than any API has fields: refused, so that their parsing stalls nobody", async () => {
  const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`member ${i}`, i]));
  const refused = await read(Buffer.from(JSON.stringify(members)));
  assert.ok("status" in refused);
  assert.equal(refused.status, 400);
  assert.match(JSON.stringify(refused), /may have 10000 members at the most, not 20000/);
});

test("no UTF-8: the same refusal", async () => {
  const body = Buffer.alloc(300_000, 0xff);
  assert.deepEqual(await read(body), readRequest(body));
});

test("whatever is edited in a long body: the bytes of the same edit of a short one, but for its length", async () => {
  const text = fc.constantFrom("", "x", "a longer name of a model", 'é"\n', "s".repeat(6000));
  const document = fc.record(
    {
      model: text,
      stream: fc.boolean(),
      stream_options: fc.constantFrom(null, {}, { include_usage: false, x: 1.5 }),
      cache_salt: text,
      user: fc.jsonValue(),
      priority: fc.integer(),
    },
    { requiredKeys: [] },
  );
  const change = fc.record({
    remove: fc.uniqueArray(fc.constantFrom("user", "priority", "cache_salt"), { maxLength: 2 }),
    set: fc.dictionary(
      fc.constantFrom("model", "return_token_ids", "max_tokens"),
      text.map((value) => JSON.stringify(value)),
    ),
    merge: fc.constantFrom<Record<string, Record<string, string>>>({}, { stream_options: { include_usage: "true" } }),
  });
  await fc.assert(
    fc.asyncProperty(document, change, fc.nat(6), async (fields, edit, at) => {
      const members = Object.entries(fields);
      const long = Object.fromEntries([...members.slice(0, at), ["prompt", LONG], ...members.slice(at)]);
      const body = Buffer.from(JSON.stringify(long));
      const there = await read(body);
      assert.ok("request" in there);
      assert.deepEqual(there.edit(edit), editBody(body, edit));
    }),
    { numRuns: 40 },
  );
});

test("bug: what came after the intake looked through a long body again", async () => {
  const there = await read(Buffer.from(JSON.stringify({ ...SETTINGS, prompt: "x".repeat(300_000) })));
  assert.ok("request" in there);
  const body = there.edit(EDIT);
  // Whoever looks there finds the end of the prompt at once, and then no JSON.
  body.fill('"', body.indexOf("xxx"), body.lastIndexOf("xxx") + 3);
  const accepted = { model: { name: "m" }, request: there.request, body } as unknown as Accepted;
  const atArm = bodyFor({ model: "arm", arm: "candidate" }, accepted);
  assert.equal(atArm.toString(), body.toString().replace('"model":"other"', '"model":"arm"'));
  assert.equal(whyWhole({ body: "completion" }, { ...accepted, body: atArm }), undefined);
  const halves = { body: atArm, route: "completion" } as const;
  assert.match(prefillBody(halves, "{}").toString(), /"max_tokens":1,.*"kv_transfer_params":\{\}\}$/);
  assert.match(decodeBody(halves, "{}").toString(), /"kv_transfer_params":\{\}\}$/);
  const counts = { promptIds: "1,2", outputIds: "3", promptTokens: 2, made: 1, maxModelLen: undefined };
  const goesOn = continuationBody({ route: "completion", request: there.request, body: atArm, ...counts });
  assert.match(goesOn?.toString() ?? "", /^\{"model":"arm",.*"prompt":\[1,2,3\],/);
});

test("the event loop turns meanwhile, and a dead thread is no refusal", async () => {
  const body = Buffer.from(JSON.stringify(REQUESTS["many messages"]));
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  const first = read(body);
  await first;
  clearInterval(ticking);
  assert.ok(turns > 0);
  const mortal = longBodies(realClock);
  const asked = read(body, mortal);
  // Its pieces are together, and the thread has begun to start.
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  await mortal.close();
  assert.ok("request" in (await asked));
  assert.ok("request" in (await read(body, mortal)));
});

test("through the gateway: an unedited long body arrives as it was sent, an edited one with the edits of a short one", async () => {
  const up = await upstream((request, response) =>
    (request.body.includes('"stream":true') ? streamed : unary)(request, response),
  );
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const plain = chat({ messages: [{ role: "user", content: LONG }] });
  assert.equal((await call(gateway, { body: plain })).status, 200);
  assert.equal(up.requests[0]?.body, plain);
  const edited = (content: string) => chat({ messages: [{ role: "user", content }], stream: true, priority: 1 });
  const short = await call(gateway, { body: edited("SHORT") });
  const long = await call(gateway, { body: edited(LONG) });
  assert.equal(long.body, short.body);
  assert.equal(
    up.requests[2]?.body,
    up.requests[1]?.body.replace('"SHORT"', () => JSON.stringify(LONG)),
  );
  assert.match(up.requests[2]?.body ?? "", /include_usage/);
});

test("a client that leaves while its long body is parsed, or soon after, is off the books", async () => {
  const up = await upstream(() => {});
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]) });
  const body = chat({ messages: [{ role: "user", content: LONG.repeat(8) }] });
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
  await eventually(
    async () => (await gateway.metrics.page()).includes(`switchgear_request_body_bytes ${body.length}`),
    "the whole body",
  );
  socket.destroy();
  await eventually(() => gateway.inflight === 0, "the end of the request");
  assert.match(await gateway.metrics.page(), /switchgear_aborts_total\{model="\w+",phase="(deciding|waiting)"\} 1/);
});

test("a prompt longer than 131,072 tokens is predicted so far only", async () => {
  const up = await upstream(unary);
  const index = memoryIndex({ ttlSeconds: 300, maxBytes: 1 << 24, seedOf: () => ({ model: "tiny" }) });
  const hashes = hashBlocks(
    Int32Array.from({ length: 200_000 }, (_, i) => i),
    16,
    { model: "tiny" },
  );
  const model = { prompt: () => ({ promptTokens: 200_000, exact: true, hashes }) };
  const gateway = await testGateway({ fleet: testFleet([testWorker("w1", up.origin)]), model, options: { index } });
  await call(gateway, { body: chat() });
  await eventually(() => index.heldBlocks("w1") === 8192, "the whole prediction");
  assert.equal(index.overlap(hashes, ["w1"], realClock.now())[0], 8192);
});
