// `switchgear drain` as a user calls it, against a gateway before a worker that still has a request.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { dirname } from "node:path";
import { after, test } from "node:test";
import { eventually, workers } from "../app/api.ts";
import { behind, fakeVllm, type Served, served } from "../app/served.ts";
import { cliHost, type Ran } from "./cli-host.ts";

const host = cliHost();
after(() => host.close());

const drain = (serve: Served, args: readonly string[]): Promise<Ran> =>
  host.run(["drain", ...args, "--admin", serve.admin, "--state-directory", dirname(serve.adminTokenFile)]);

test("drain: waits until the running request has ended, and undo brings the worker back", async () => {
  let running: ServerResponse | undefined;
  const worker = await fakeVllm((_request, response) => {
    running = response;
  });
  const serve = await served(behind(worker, { m: {} }));
  const [one] = await workers(serve);
  assert.ok(one);
  const asked = serve.ask("m");
  await eventually("the request is at the worker", () => running !== undefined);

  const late = await drain(serve, [one.id, "--timeout", "0.3"]);
  assert.equal(late.code, 4);
  assert.match(late.err, /1 requests still run/);
  assert.equal((await workers(serve))[0]?.state, "draining");

  const drained = drain(serve, [one.id]);
  running?.writeHead(200).end("{}");
  assert.equal((await asked).status, 200);
  assert.equal((await drained).code, 0);

  const back = await drain(serve, [one.id, "--undo"]);
  assert.equal(back.code, 0);
  assert.match(back.out, /ready/);
});

test("drain: an unknown worker, and no gateway", async () => {
  const worker = await fakeVllm(() => undefined);
  const serve = await served(behind(worker, { m: {} }));
  const unknown = await drain(serve, ["nobody"]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /no worker nobody/);
  const nowhere = await host.run([
    "drain",
    "w",
    "--admin",
    "http://127.0.0.1:1",
    "--state-directory",
    dirname(serve.adminTokenFile),
  ]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err, /SWG_ADMIN_UNREACHABLE/);
});
