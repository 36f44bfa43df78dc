// What people and files do to autoscaling while it runs: dry runs, numbers by hand, reloads, workers without figures.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import type { ScaleRecord } from "../../../src/autoscaling/index.ts";
import { forFile } from "../../core/closing.ts";
import { fakeWorker, workerAnswer } from "../../fleet/fake-worker.ts";
import { admin, eventually, workers } from "../api.ts";
import { served } from "../served.ts";
import {
  clients,
  engines,
  MAIN,
  PATIENCE_MS,
  POOL,
  type ScaledGateway,
  scaledGateway,
  settled,
  textOf,
} from "./scaled-gateway.ts";

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function scale(gateway: ScaledGateway, ...args: readonly string[]): Promise<Ran> {
  const argv = [MAIN, "scale", ...args, "--admin", gateway.admin, "--state-directory", gateway.folder];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, out, err) =>
      resolve({ status: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

/** Starts cost most here, so tests whose settings may be reloaded share a gateway. */
const WORKERS = { replicas: 1, maxReplicas: 3, maxBatchSize: 8 };
const folder = mkdtempSync(join(tmpdir(), "switchgear-steering-"));
let gateway: ScaledGateway;
before(async () => {
  gateway = await forFile(() => scaledGateway({ workers: WORKERS, autoscaling: { mode: "manual" } }, folder));
});
after(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true });
});

async function reload(spec: Parameters<typeof textOf>[0]): Promise<void> {
  writeFileSync(join(folder, "scaled.yaml"), textOf({ workers: WORKERS, ...spec }));
  // The watch on the file may have been first.
  assert.match(String((await admin(gateway, "/admin/v1/reload", "POST"))["result"]), /^(applied|unchanged)$/);
}

test("a number by hand is kept over a reload, bounds are kept by everybody, and auto gives it back", async () => {
  await settled(gateway, 1);
  assert.match(
    (await scale(gateway, "set", POOL, "2")).out,
    /up from 1 to 2: a person asked for it[^]*done: started m-workers-1/,
  );
  await settled(gateway, 2);
  await reload({ workers: { ...WORKERS, maxReplicas: 4 }, autoscaling: { mode: "manual" } });
  await settled(gateway, 2);
  const refused = await scale(gateway, "set", POOL, "5");
  assert.deepEqual([refused.status, /from 1 to 4/.test(refused.err)], [2, true]);
  assert.equal((await scale(gateway, "set", "nothing-workers", "1")).status, 1);
  assert.match((await scale(gateway, "status")).out, /m-workers +manual +1-4 +2 +2 +0 +0 +none/);
  assert.match((await scale(gateway, "explain", POOL, "--last", "1")).out, /holds 2: a person asked for it/);
  assert.match((await scale(gateway, "dry-run")).out, /nothing is changed: a dry run/);
  assert.equal((await scale(gateway, "set", POOL, "auto")).status, 0);
  await settled(gateway, 1);
});

test("as many as there are GPUs for are started; what is short is said, and the next start does not fail of it", async () => {
  const spec = {
    workers: { replicas: 1, maxReplicas: 4 },
    autoscaling: { mode: "manual" },
    more: { launcher: { gpus: { devices: [{ id: "0" }, { id: "1" }] } } },
  };
  const own = await scaledGateway(spec);
  await settled(own, 1);
  assert.equal(await own.set(4), 200);
  await settled(own, 2);
  const { alarm } = await own.status();
  assert.match(alarm ?? "", /no further worker can be started: .*GPU/);
  await own.stop();
  const next = await scaledGateway(spec, own.folder);
  await settled(next, 2);
  await next.stop();
});

test("what a leaving worker does not end in time goes on elsewhere and is counted", async () => {
  await reload({ autoscaling: { mode: "manual" }, more: { gateway: { drain: { workerTimeoutMs: 300 } } } });
  assert.equal(await gateway.set(2), 200);
  await settled(gateway, 2);
  const load = clients(gateway, 500);
  load.run(4);
  await eventually("both serve", async () => (await loads(gateway)).every((one) => one > 0), PATIENCE_MS);
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const page = await (await fetch(gateway.metrics)).text();
  assert.ok(Number(/autoscaling_moved_requests_total\{pool="m-workers"\} (\d+)/.exec(page)?.[1]) > 0);
});

test("autoscaling.warmupSeconds: a worker that joins gets a growing share of requests", async () => {
  await reload({ autoscaling: { mode: "manual", warmupSeconds: 600 } });
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
  const load = clients(gateway, 100);
  load.run(8);
  await eventually("it is busy", async () => (await loads(gateway))[0] === 8, PATIENCE_MS);
  assert.equal(await gateway.set(2), 200);
  await settled(gateway, 2);
  const before = load.whole;
  const shares: number[] = [];
  await eventually(
    "many are served",
    async () => {
      shares.push((await loads(gateway))[1] ?? 0);
      return load.whole > before + 40;
    },
    PATIENCE_MS,
  );
  assert.equal(Math.max(...shares), 1, "one at a time at first");
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
});

/** Requests of each worker. */
async function loads(gateway: ScaledGateway): Promise<number[]> {
  const all = (await workers(gateway)) as unknown as {
    readonly load: { readonly prefillRequests: number; readonly decodeRequests: number };
  }[];
  return all.map(({ load }) => load.prefillRequests + load.decodeRequests);
}

test("with roles each pool has bounds and a number of its own", async () => {
  const pool = { engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", speed: 50, replicas: 1 };
  const serving = { strategy: "disaggregated", workers: null, prefill: pool, decode: pool };
  const autoscaling = { enabled: true, mode: "manual", intervalSeconds: 0.4, maxDecodeReplicas: 2 };
  const own = await scaledGateway({ more: { serving, autoscaling } });
  const ids = async (): Promise<string[]> =>
    (await workers(own)).flatMap(({ id, state }) => (state === "ready" ? [id] : [])).toSorted();
  await eventually("both are ready", async () => (await ids()).length === 2, PATIENCE_MS);
  assert.equal((await scale(own, "set", "m-prefill", "2")).status, 2, "its bound is 1");
  assert.equal((await scale(own, "set", "m-decode", "2")).status, 0);
  await eventually("one decodes more", async () => (await ids()).length === 3, PATIENCE_MS);
  assert.deepEqual(await ids(), ["m-decode-0", "m-decode-1", "m-prefill-0"]);
  const load = clients(own);
  load.run(2);
  await eventually("they serve", () => load.whole > 4, PATIENCE_MS);
  await load.stop();
  assert.deepEqual(load.failures, []);
  const { out } = await scale(own, "status");
  assert.match(out, /^m-prefill +manual +1-1 +1 +1 /m);
  assert.match(out, /^m-decode +manual +1-2 +2 +2 /m);
  await own.stop();
});

test("dryRun: decisions are recorded and shown, and nothing is started", async () => {
  await reload({ autoscaling: { mode: "schedule", schedule: [{ from: "00:00", replicas: 3 }], dryRun: true } });
  assert.equal(await gateway.set(null), 200);
  await eventually("a decision", async () => (await gateway.status()).desired === 3, PATIENCE_MS);
  const last = (await gateway.decisions()).at(-1);
  assert.equal(last?.applied, "nothing is changed: dryRun");
  assert.equal(engines(folder).length, 1, "none was started");
});

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
