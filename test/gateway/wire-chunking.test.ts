// Streams that come in any pieces and any turns: the client gets the worker's bytes, head first and in order, kept for continuation or not.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Random, seededRandom } from "../../src/core/index.ts";
import { call, chat, type Received, testFleet, testGateway, testWorker, upstream } from "./harness.ts";

const STREAMS = 200;
const AT_ONCE = 20;
const TEXTS = ["a", " word", "é", "🦆", '"', "\\", "\n", '","token_ids":[1]', "x".repeat(3000)];

/** With `[ids]` where a worker that was asked for them writes them. */
function eventsOf(random: Random): string[] {
  const data = (delta: object, finish: string, ids: string) =>
    `data: {"id":"x","choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${finish},"token_ids":${ids}}]}\n\n`;
  const role = '{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}';
  const events = [`data: {"id":"x","choices":[${role}],"prompt_token_ids":[1,2]}\n\n`];
  const count = 1 + random.int(30);
  for (let i = 0; i < count; i++) {
    const content = TEXTS[random.int(TEXTS.length)] ?? "";
    if (random.int(12) === 0) events.push(": ping\n\n");
    const tokens = random.int(8) === 0 ? "[5,6]" : `[${random.int(150_000)}]`;
    events.push(data({ content }, "null", tokens));
  }
  return [...events, data({}, '"length"', "[7]"), "data: [DONE]\n\n"];
}

const withoutIds = (event: string) => event.replace(/("(?:prompt_)?token_ids":)\[[\d,]*\](?=[}\]]*\n)/, "$1null");
/** The event of the prompt has few nulls: its worker writes them. */
const given = (events: readonly string[], asked: boolean) =>
  events.map((one) => (asked ? withoutIds(one) : one)).join("");

/** Its frames cut anywhere; some pieces share a turn with the next one. */
async function send(response: ServerResponse, events: readonly string[], random: Random): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  const frames = events.map((one) => `${Buffer.byteLength(one).toString(16)}\r\n${one}\r\n`).join("");
  const bytes = Buffer.from(frames);
  const size = 1 + random.int(random.int(2) === 0 ? 300 : 5000);
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + random.int(size);
    response.socket?.write(bytes.subarray(at, next));
    at = next;
    if (random.int(3) > 0) await setImmediate();
  }
  response.end();
}

for (const kept of [false, true])
  test(`${STREAMS} streams${kept ? " that would be continued" : ""}: the bytes are the worker's`, async () => {
    const sent = new Map<string, readonly string[]>();
    const behave = ({ body }: Received, response: ServerResponse) => {
      const nth = String(/"content":"(\d+)"/.exec(body)?.[1]);
      const random = seededRandom(`wire ${nth}`);
      const events = eventsOf(random);
      sent.set(nth, events);
      void send(response, events, random);
    };
    const worker = await upstream(behave);
    const continuation = { mode: kept ? "exact" : "off", maxPerRequest: 1, maxTokens: 1000 } as const;
    const gateway = await testGateway({ fleet: testFleet([testWorker("w", worker.origin)]), model: { continuation } });
    const one = async (nth: number) => {
      const messages = [{ role: "user", content: String(nth) }];
      const answer = await call(gateway, { body: chat({ stream: true, temperature: 0, messages }) });
      assert.equal(answer.body, given(sent.get(String(nth)) ?? [], kept), `stream ${nth}`);
    };
    for (let from = 0; from < STREAMS; from += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(from + i)));
  });
