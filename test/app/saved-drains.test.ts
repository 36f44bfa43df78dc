// Drains that outlive the gateway that was told of them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { admin, workers } from "./api.ts";
import { behind, type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

const someVllm = (): Promise<FakeVllm> => fakeVllm((_request, response) => void response.writeHead(200).end("{}"));

const startIn = (stateDirectory: string, worker: FakeVllm): Promise<Served> =>
  served(behind(worker, { m: { gateway: { stateDirectory } } }, 2));

const states = async (serve: Served): Promise<string[]> => (await workers(serve)).map(({ state }) => state);

const tell = (serve: Served, what: "drain" | "undrain"): Promise<unknown> =>
  admin(serve, `/admin/v1/workers/m-workers-0/${what}`, "POST");

test("bug: a worker that was drained served again after a restart of the gateway", async () => {
  const [stateDirectory, worker] = [temporaryFolder(), await someVllm()];
  const start = (): Promise<Served> => startIn(stateDirectory, worker);
  const first = await start();
  await tell(first, "drain");
  await first.stop();
  const second = await start();
  assert.equal((await states(second))[0], "draining");
  await tell(second, "undrain");
  await second.stop();
  const third = await start();
  assert.ok(!(await states(third)).includes("draining"));
});

test("a drain is of a server, not of its place in the list; a damaged file drains nobody", async () => {
  for (const text of ['{"m-workers-0":"http://127.0.0.1:9"}', "{", "null"]) {
    const stateDirectory = temporaryFolder();
    writeFileSync(join(stateDirectory, "drains.json"), text);
    const serve = await startIn(stateDirectory, await someVllm());
    assert.ok(!(await states(serve)).includes("draining"), text);
  }
});
