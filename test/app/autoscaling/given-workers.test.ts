// Autoscaling before workers that are started elsewhere: it judges them, and holds where they tell nothing.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { ScaleRecord } from "../../../src/autoscaling/index.ts";
import { closeAfterTest } from "../../core/closing.ts";
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
  await told.stop();
});

test("bug: a worker that has just become ready was one for a person to look at before it had been scraped", async () => {
  const late = await silentWorker();
  late.hold();
  const autoscaling = { enabled: true, intervalSeconds: 0.2 };
  const serve = await served({
    m: { spec: { serving: { workers: { endpoints: [{ url: late.origin }] } }, autoscaling } },
  });
  const decided = async (): Promise<readonly ScaleRecord["decision"][]> => {
    const { decisions } = await admin(serve, `/admin/v1/scale/${POOL}/decisions`);
    return (decisions as readonly ScaleRecord[]).map(({ decision }) => decision);
  };
  const isUnseen = ({ inputs }: ScaleRecord["decision"]): boolean => inputs.unseen.includes("m-workers-0");
  await eventually("it is ready and was not scraped", async () => (await decided()).some(isUnseen));
  assert.doesNotMatch((await decided()).find(isUnseen)?.alarm ?? "", /no fresh figures/);
  late.release();
  await eventually("it told nothing", async () => /no fresh figures/.test((await decided()).at(-1)?.alarm ?? ""));
  await serve.stop();
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
});

interface SilentWorker {
  readonly origin: string;
  /** From the first scrape on /metrics has no answer until `release`. */
  hold(): void;
  release(): void;
}

/** All but /metrics. */
async function silentWorker(): Promise<SilentWorker> {
  let held = Promise.resolve();
  let release = (): void => undefined;
  let pages = 0;
  const says = { model: "m", maxModelLen: 4096, health: 200, running: 0 };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const { status, body } = path === "/metrics" ? { status: 500, body: "" } : workerAnswer(path, says);
    const answer = (): void => void response.writeHead(status).end(body);
    // Its facts are read from the first page, before it is ready.
    if (path === "/metrics" && pages++ > 0) void held.then(answer);
    else answer();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    release();
    server.close();
    server.closeAllConnections();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => void (held = new Promise((resolve) => (release = resolve))),
    release: () => release(),
  };
}
