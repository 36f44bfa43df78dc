// The thread that sends copies: what comes back, how a copy ends early, and that its death costs nothing but the copies it had.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndedLeg, LegOrder } from "../../src/gateway/mirror/thread/leg-messages.ts";
import { legSender, type LegSender, type SentCopy } from "../../src/gateway/mirror/thread/leg-sender.ts";
import { closeAfterTest } from "../core/closing.ts";
import { type Upstream, upstream, within } from "./harness.ts";

/** A thread starts, and loads its modules, in its own time. */
const STARTED_MS = 20_000;

interface Watched {
  readonly copy: SentCopy;
  readonly first: Promise<void>;
  readonly ended: Promise<EndedLeg | undefined>;
}

function sender(): LegSender {
  const made = legSender();
  closeAfterTest(() => made.close());
  return made;
}

function send(to: LegSender, { origin }: Pick<Upstream, "origin">, change: Partial<LegOrder> = {}): Watched {
  const [first, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<EndedLeg | undefined>()];
  const order = {
    worker: { id: origin, origin, tls: undefined },
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode('{"model":"m"}'),
    connectTimeoutMs: 1000,
    limitMs: 30_000,
    maxAnswerBytes: 1000,
    ...change,
  };
  return {
    copy: to.send(order, { onFirst: first.resolve, onEnded: ended.resolve }),
    first: first.promise,
    ended: ended.promise,
  };
}

function text(ended: EndedLeg | undefined): string {
  return new TextDecoder().decode(ended?.answer.bytes);
}

test("a copy's answer comes back whole, with the times of its chunks", async () => {
  const server = await upstream((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n", () => setTimeout(() => response.end("data: 2\n\n"), 20));
  });
  const { first, ended } = send(sender(), server);
  await within(first, "the first bytes", STARTED_MS);
  const found = await within(ended, "the end");
  assert.equal(server.requests[0]?.body, '{"model":"m"}');
  assert.equal(text(found), "data: 1\n\ndata: 2\n\n");
  assert.deepEqual([found?.answer.class, found?.answer.status], ["ok", 200]);
  assert.deepEqual([...(found?.answer.ends ?? [])], [9, 18]);
  const { sentAt = 0, endedAt = 0, times = [] } = found?.answer ?? {};
  const all = [sentAt, ...times, endedAt];
  assert.deepEqual(
    all,
    all.toSorted((a, b) => a - b),
  );
});

test("a copy that is aborted frees its server and is not told; one whose time is over tells what it has", async () => {
  const server = await upstream((_request, response) => void response.writeHead(200).write("begun"));
  const made = sender();
  const [gone, late] = [send(made, server), send(made, server)];
  await within(Promise.all([gone.first, late.first]), "the first bytes", STARTED_MS);
  let told = false;
  void gone.ended.then(() => (told = true));
  gone.copy.abort();
  late.copy.timeOut();
  const found = await within(late.ended, "the end");
  assert.deepEqual([found?.answer.class, text(found)], ["timeout", "begun"]);
  await within(Promise.all(server.requests.map(({ aborted }) => aborted)), "both connections closed");
  assert.equal(told, false);
});

test("more than is kept of an answer ends it", async () => {
  const server = await upstream((_request, response) => void response.writeHead(200).write(Buffer.alloc(5000)));
  const found = await within(send(sender(), server).ended, "the end", STARTED_MS);
  assert.equal(found?.cut, true);
  await within(server.requests[0]?.aborted ?? Promise.reject(new Error("no request")), "the flood stopped");
});

test("a thread that dies loses the copies it had, and the next one is sent by another", async () => {
  const server = await upstream((_request, response) => {
    if (server.requests.length === 1) response.writeHead(200).write("begun");
    else response.end("{}");
  });
  const made = sender();
  const running = send(made, server);
  await within(running.first, "the first bytes", STARTED_MS);
  send(made, { origin: "no URL at all" });
  assert.equal(await within(running.ended, "the end"), undefined);
  assert.equal(text(await within(send(made, server).ended, "the end", STARTED_MS)), "{}");
});
