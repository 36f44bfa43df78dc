// A long body that a thread parses gives what parsing it here gives: the same request, edits, session and refusals.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { realClock } from "../../src/core/index.ts";
import { longBodies } from "../../src/gateway/bodies/long-bodies.ts";
import { readRequest } from "../../src/gateway/bodies/read-request.ts";
import { editBody, sessionKey } from "../../src/vllm/index.ts";

const bodies = longBodies(realClock);
after(() => bodies.close());

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
  "more members than are worth it": Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`member ${i}`, i])),
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
    const there = await bodies.read(body);
    assert.ok("fields" in here && "request" in there);
    const { fields: kept, abridged: _, ...typed } = there.request;
    const { fields: all, ...expected } = here;
    assert.deepEqual(typed, expected);
    assert.deepEqual(Object.keys(kept), Object.keys(all));
    assert.deepEqual(editBody(body, EDIT, there.outline), editBody(body, EDIT));
    assert.equal(sessionKey(there.request, {}), sessionKey(here, {}));
  });

test("the prompt stays in the thread, settings come back", async () => {
  const read = await bodies.read(Buffer.from(JSON.stringify(REQUESTS["one message"])));
  assert.ok("request" in read);
  assert.deepEqual(read.request.fields, { ...SETTINGS, messages: [] });
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
    assert.deepEqual(await bodies.read(body), here);
  });

test("no UTF-8: the same refusal", async () => {
  const body = Buffer.alloc(300_000, 0xff);
  assert.deepEqual(await bodies.read(body), readRequest(body));
});

test("the event loop turns meanwhile, and a dead thread is no refusal", async () => {
  const body = Buffer.from(JSON.stringify(REQUESTS["many messages"]));
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  const first = bodies.read(body);
  await first;
  clearInterval(ticking);
  assert.ok(turns > 0);
  const mortal = longBodies(realClock);
  const asked = mortal.read(body);
  await mortal.close();
  assert.ok("request" in (await asked));
  assert.ok("request" in (await mortal.read(body)));
  await mortal.close();
});
