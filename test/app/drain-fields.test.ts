// What each field of `spec.gateway.drain` does to a gateway that is asked to stop, and to a worker that leaves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admin, eventually } from "./api.ts";
import { behind, fakeVllm, served } from "./served.ts";

interface Shown {
  readonly id: string;
  readonly load: { readonly prefillRequests: number };
}

const ready = async (port: number): Promise<number | undefined> =>
  (await fetch(`http://127.0.0.1:${port}/ready`, { headers: { connection: "close" } }).catch(() => undefined))?.status;

test("drain.graceMs: not ready at once, yet new requests are served until it has passed", async () => {
  const worker = await fakeVllm((_request, response) => void response.writeHead(200).end("{}"));
  const serve = await served(behind(worker, { m: { gateway: { drain: { graceMs: 800 } } } }));
  const stopped = serve.stop();
  await eventually("it says that it is not ready", async () => (await ready(serve.port)) === 503);
  const answer = await serve.ask("m");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["connection"], "close");
  await stopped;
  assert.equal(await ready(serve.port), undefined);
});

test("drain.timeoutMs: what runs longer after the signal to stop is cut", async () => {
  const worker = await fakeVllm(() => undefined);
  const serve = await served(behind(worker, { m: { gateway: { drain: { timeoutMs: 100 } } } }));
  const asked = assert.rejects(serve.ask("m"));
  await eventually("the request is at the worker", () => worker.asked("m").length === 1);
  await serve.stop();
  await asked;
});

test("drain.workerTimeoutMs: what runs longer on a drained worker goes on at another one", async () => {
  let first = true;
  const worker = await fakeVllm((_request, response) => {
    if (first) first = false;
    else response.writeHead(200).end('{"from":"the other"}');
  });
  const serve = await served(behind(worker, { m: { gateway: { drain: { workerTimeoutMs: 100 } } } }, 2));
  const asked = serve.ask("m");
  await eventually("the request is at a worker", () => worker.asked("m").length === 1);
  const all = (await admin(serve, "/admin/v1/workers"))["workers"] as Shown[];
  const busy = all.find(({ load }) => load.prefillRequests > 0);
  await admin(serve, `/admin/v1/workers/${encodeURIComponent(busy?.id ?? "")}/drain`, "POST");
  assert.equal((await asked).body, '{"from":"the other"}');
});
