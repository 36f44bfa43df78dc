// A client that reads in fits while its worker is lost: nothing piles up, and nothing stands still.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Behaviour, chat, chunk, eventually, testFleet, testGateway, testWorker, upstream } from "../harness.ts";

const TOKENS = 60_000;
const PAD = "x".repeat(200);
/** What sockets between the worker and the client may hold. */
const BUFFERS = 12 << 20;

interface Leg {
  bytes: number;
  kill(): void;
}

/** Writes tokens as fast as they are taken: one event each, of a chat, or of a completion that goes on behind `prompt`. */
function talker(legs: Leg[]): Behaviour {
  return ({ path, body }, response) => {
    const { prompt } = JSON.parse(body) as { readonly prompt?: readonly number[] };
    const isChat = path.includes("chat");
    const leg = { bytes: 0, kill: () => void response.destroy() };
    legs.push(leg);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const { role, content } = { role: "assistant", content: "" };
    if (isChat) response.write(chunk({ role, content }).replace(/\}\n\n$/, ',"prompt_token_ids":[1,2,3]}\n\n'));
    let at = prompt === undefined ? 0 : prompt.length - 3;
    const talk = (): void => {
      while (at < TOKENS) {
        const text = `t${at} ${PAD}`;
        const event = isChat
          ? chunk({ content: text }, { token_ids: [at] })
          : `data: {"id":"y","choices":[{"index":0,"text":"${text}","finish_reason":null,"token_ids":[${at}]}]}\n\n`;
        at += 1;
        leg.bytes += event.length;
        if (!response.write(event)) return void response.once("drain", talk);
      }
      response.end(`${chunk({}, { text: "", token_ids: [] }, "stop")}data: [DONE]\n\n`);
    };
    talk();
  };
}

/** No leg has written anything for a while. */
async function still(legs: readonly Leg[]): Promise<void> {
  const sum = (): number => legs.reduce((all, { bytes }) => all + bytes, 0);
  for (let last = -1; sum() !== last; await pause(200)) last = sum();
}

test("bug: a stream that went on at another worker stood still when its client read in fits", async () => {
  const legs: Leg[] = [];
  const workers = [];
  for (const id of ["a", "b"]) workers.push(testWorker(id, (await upstream(talker(legs))).origin));
  const continuation = { mode: "exact", maxPerRequest: 1, maxTokens: 1_000_000 } as const;
  const gateway = await testGateway({ fleet: testFleet(workers), model: { continuation } });
  const body = chat({ stream: true, temperature: 0, max_tokens: TOKENS });
  const socket = connect(gateway.port, "127.0.0.1");
  const head = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n${body}`);
  const got: Buffer[] = [];
  let bytes = 0;
  socket.on("data", (data: Buffer) => {
    got.push(data);
    bytes += data.length;
  });
  await eventually(() => bytes > 0, "the stream");
  socket.pause();
  await still(legs);
  assert.ok((legs[0]?.bytes ?? 0) < BUFFERS, "the first worker is held back");
  legs[0]?.kill();
  socket.resume();
  await eventually(() => legs.length === 2, "the second worker", 10_000);
  // Each fit is a chance to stop between the write that fills a socket and the one that would say so.
  for (let fit = 0; fit < 8 && gateway.inflight > 0; fit++) {
    const seen = bytes;
    socket.pause();
    await still(legs);
    assert.ok((legs[1]?.bytes ?? 0) - (bytes - seen) < BUFFERS * 2, "the second worker is held back");
    socket.resume();
    await eventually(() => bytes > seen || gateway.inflight === 0, "more of it", 5000);
  }
  await eventually(() => gateway.inflight === 0, "the end", 10_000);
  await eventually(() => Buffer.concat(got.slice(-3)).includes("[DONE]"), "its last words", 5000);
  const tokens = [
    ...Buffer.concat(got)
      .toString()
      .matchAll(/"content":"t(\d+) /g),
  ].map(([, nth]) => Number(nth));
  assert.equal(tokens.length, TOKENS);
  assert.ok(tokens.every((nth, i) => nth === i));
  socket.destroy();
});
