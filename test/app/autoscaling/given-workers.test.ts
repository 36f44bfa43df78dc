// Autoscaling before workers that are started elsewhere: it judges them, and holds where they tell nothing.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { ScaleRecord } from "../../../src/autoscaling/index.ts";
import { fakeWorker, workerAnswer } from "../../fleet/fake-worker.ts";
import { admin, eventually } from "../api.ts";
import { served } from "../served.ts";
import { POOL } from "./scaled-gateway.ts";

test("workers of others are judged and never touched; one that tells nothing is named, and the rest decide", async () => {
  const [told, silent] = [await fakeWorker(), await silentWorker()];
  const endpoints = [{ url: told.origin }, { url: silent.origin }];
  const autoscaling = { enabled: true, intervalSeconds: 0.2 };
  const serve = await served({ m: { spec: { serving: { workers: { endpoints } }, autoscaling } } });
  const seen = async (): Promise<readonly ScaleRecord[]> => {
    const { decisions } = await admin(serve, `/admin/v1/scale/${POOL}/decisions`);
    return decisions as readonly ScaleRecord[];
  };
  await eventually("both are ready and one has told", async () =>
    (await seen()).some(
      ({ decision: { alarm, cause } }) => cause === "seed" && alarm === "no fresh figures of m-workers-1",
    ),
  );
  assert.ok((await seen()).every(({ applied }) => applied === "nothing is changed: the workers are started elsewhere"));
  assert.match(await (await fetch(serve.metrics ?? "")).text(), /autoscaling_alarm\{pool="m-workers"\} 1$/m);
  await serve.stop();
  await Promise.all([told.stop(), silent.stop()]);
});

test("without figures of any worker the number is held", async () => {
  const silent = await silentWorker();
  const autoscaling = { enabled: true, intervalSeconds: 0.2 };
  const pool = { endpoints: [{ url: silent.origin }], minReplicas: 1, maxReplicas: 4 };
  const serve = await served({ m: { spec: { serving: { workers: pool }, autoscaling } } });
  await eventually("it holds", async () => {
    const { decisions } = await admin(serve, `/admin/v1/scale/${POOL}/decisions`);
    const last = (decisions as readonly ScaleRecord[]).at(-1)?.decision;
    return last?.cause === "blind" && last.action === "hold" && last.target === 1;
  });
  await serve.stop();
  await silent.stop();
});

/** All but /metrics. */
async function silentWorker(): Promise<{ readonly origin: string; stop(): Promise<void> }> {
  const says = { model: "m", maxModelLen: 4096, health: 200, running: 0 };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const { status, body } = path === "/metrics" ? { status: 500, body: "" } : workerAnswer(path, says);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
