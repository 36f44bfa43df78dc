// Fields of `spec.launcher`, with programs in the place of vLLM that die, are silent, hang, talk much or sleep.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { realClock, type SwitchgearError } from "../../../src/core/index.ts";
import type { JsonObject } from "../../config/deployment-text.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { admin, eventually as eventuallyWithin } from "../api.ts";
import { type Served, served } from "../served.ts";

const command = [process.execPath, join(import.meta.dirname, "odd-vllm.ts")];

/** Processes start on a machine that may be busy. */
const eventually = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  eventuallyWithin(what, holds, 20_000);

interface Odd {
  readonly mode?: "dies" | "silent" | "hangs" | "chatty" | "well";
  readonly launcher?: JsonObject;
  readonly pool?: JsonObject;
  readonly model?: JsonObject;
}

/** A deployment that starts one such worker. */
function odd({ mode = "well", launcher = {}, pool = {}, model = {} }: Odd): JsonObject {
  const workers = { endpoints: null, engine: "vllm", command, env: { ODD_VLLM: mode, HF_TOKEN: "secret-of-the-pool" } };
  return {
    spec: {
      model,
      launcher: { gpus: { discover: false }, ...launcher },
      serving: { workers: { ...workers, ...pool } },
    },
  };
}

interface WorkerView {
  readonly state: string;
  readonly process: {
    readonly phase: string;
    readonly suspension: string | null;
    readonly pid: number | null;
    readonly restarts: number;
    readonly gpus: readonly string[];
    readonly logFile: string;
    readonly lastEnd?: { readonly how: string; readonly cause: string | null; readonly lastLines: readonly string[] };
  };
}

async function view(serve: Served, id = "m-workers-0"): Promise<WorkerView> {
  return (await admin(serve, `/admin/v1/workers/${id}`)) as unknown as WorkerView;
}

async function whenPhase(serve: Served, phase: string, id = "m-workers-0"): Promise<WorkerView> {
  await eventually(`${id} is ${phase}`, async () => (await view(serve, id)).process.phase === phase);
  return view(serve, id);
}

/** Time runs faster for timers, so that nobody waits for back-offs. */
const hurried = { ...realClock, after: (ms: number, run: () => void) => realClock.after(ms / 20, run) };

test("launcher.crashLoop: so many deaths and a worker stays down, with the reason in log, admin API and metrics", async () => {
  const launcher = { crashLoop: { deaths: 2, windowSeconds: 60 } };
  const serve = await served({ m: odd({ mode: "dies", launcher }) }, { early: true, clock: hurried });
  const { process: shown } = await whenPhase(serve, "crash loop");
  assert.equal(shown.restarts, 1);
  assert.equal(shown.lastEnd?.how, "exit code 1");
  assert.equal(shown.lastEnd.cause, "ValueError: no kernel for [secret]");
  const loud = serve.log.filter((line) => line.includes("crash loop"));
  assert.equal(loud.length, 1);
  assert.match(String(loud[0]), /no kernel for \[secret\]/);
  assert.ok(!serve.log.join("").includes("secret-of-the-pool"));
  const metrics = await (await fetch(String(serve.metrics))).text();
  assert.match(metrics, /switchgear_worker_process_phase\{worker="m-workers-0",phase="crash loop"\} 1/);
  await admin(serve, "/admin/v1/workers/m-workers-0/resume", "POST");
  assert.equal((await whenPhase(serve, "crash loop")).process.restarts, 3, "it is tried as often again");
});

test("launcher.startupTimeoutSeconds: a worker whose API does not answer in time is ended", async () => {
  const launcher = { startupTimeoutSeconds: 0.4, crashLoop: { deaths: 1 } };
  const serve = await served({ m: odd({ mode: "silent", launcher }) }, { early: true });
  const { process: shown } = await whenPhase(serve, "crash loop");
  assert.equal(shown.lastEnd?.how, "not ready 0.4 s after its start");
  assert.equal(shown.pid, null);
});

test("launcher.hangTimeoutSeconds: a worker that hangs is ended and started again", async () => {
  const launcher = { hangTimeoutSeconds: 0.4, crashLoop: { deaths: 100 } };
  const serve = await served({ m: odd({ mode: "hangs", launcher }) }, { early: true });
  await eventually("it is started again", async () => (await view(serve)).process.restarts > 0);
  assert.equal((await view(serve)).process.lastEnd?.how, "no answer from its API for 0.4 s");
});

test("launcher.shutdownTimeoutSeconds: a worker is told how long it may take to end", async () => {
  const serve = await served({ m: odd({ launcher: { shutdownTimeoutSeconds: 7 } }) });
  const { args } = JSON.parse((await serve.ask("m")).body) as { args: string[] };
  assert.equal(args[args.indexOf("--shutdown-timeout") + 1], "7");
});

test("launcher.logs: a worker's log is moved when it is large, and the oldest goes", async () => {
  const serve = await served(
    { m: odd({ mode: "chatty", launcher: { logs: { bytes: 4000, files: 1 } } }) },
    { clock: hurried },
  );
  const { logFile } = (await view(serve)).process;
  await eventually("it is moved", () => existsSync(`${logFile}.1`) && statSync(`${logFile}.1`).size > 4000);
  const first = readFileSync(`${logFile}.1`, "utf8").length;
  await eventually("it was cut and grows again", () => statSync(logFile).size < first);
  assert.ok(!existsSync(`${logFile}.2`));
});

const devices = (...memory: readonly number[]): JsonObject => ({
  gpus: { devices: memory.map((memoryGiB, i) => ({ id: String(i), memoryGiB })) },
});

test("launcher.gpus.devices: each worker gets devices of its own, and too few are refused", async () => {
  const pool = { replicas: 2, tensorParallelSize: 2 };
  const serve = await served({ m: odd({ launcher: devices(80, 80, 80, 80), pool }) });
  const gpus = [(await view(serve)).process.gpus, (await view(serve, "m-workers-1")).process.gpus];
  assert.deepEqual(gpus, [
    ["0", "1"],
    ["2", "3"],
  ]);
  for (const id of ["m-workers-0", "m-workers-1"])
    await eventually(`${id} is ready`, async () => (await view(serve, id)).state === "ready");
  const seen = new Set<string>();
  for (let i = 0; i < 2; i++) seen.add((JSON.parse((await serve.ask("m")).body) as { gpus: string }).gpus);
  assert.deepEqual([...seen].sort(), ["0,1", "2,3"]);
  await assert.rejects(served({ m: odd({ launcher: devices(80, 80, 80), pool }) }), { code: "SWG_GPUS_SHORT" });
});

test("launcher.gpus.share: two workers on one device only when their shares of its memory add up to 1", async () => {
  const shared = (gpuMemoryUtilization: number, share: boolean) =>
    odd({
      launcher: { gpus: { share, devices: [{ id: "0", memoryGiB: 80 }] } },
      pool: { replicas: 2, gpuMemoryUtilization },
    });
  const serve = await served({ m: shared(0.5, true) });
  assert.deepEqual((await view(serve, "m-workers-1")).process.gpus, ["0"]);
  await assert.rejects(served({ m: shared(0.5, false) }), { code: "SWG_GPUS_SHORT" });
  await assert.rejects(served({ m: shared(0.6, true) }), { code: "SWG_GPUS_SHORT" });
});

test("launcher.gpus.discover: the devices that nvidia-smi lists, or none", async (t) => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "nvidia-smi"),
    "#!/bin/sh\necho '0, GPU-a, NVIDIA A, 81559, 4'\necho '1, GPU-b, NVIDIA A, 81559, 4'\n",
  );
  chmodSync(join(folder, "nvidia-smi"), 0o755);
  const { PATH } = process.env;
  t.after(() => void (process.env["PATH"] = PATH));
  process.env["PATH"] = `${folder}:${PATH}`;
  const found = await served({ m: odd({ launcher: { gpus: { discover: true } } }) });
  assert.deepEqual((await view(found)).process.gpus, ["0"]);
  const none = await served({ m: odd({ launcher: { gpus: { discover: false } } }) });
  assert.deepEqual((await view(none)).process.gpus, []);
});

test("a model that does not fit its device is refused with the arithmetic", async () => {
  const model = { name: "meta-llama/Llama-3.1-70B-Instruct" };
  const small = odd({ launcher: devices(80), model, pool: { tensorParallelSize: 1 } });
  await assert.rejects(served({ m: small }), (error: SwitchgearError) => {
    assert.equal(error.code, "SWG_MODEL_TOO_LARGE");
    assert.match(String(error.details.where), /GiB weights/);
    return true;
  });
  const large = odd({ launcher: devices(80, 80, 80, 80), model, pool: { tensorParallelSize: 4 } });
  const serve = await served({ m: large }, { early: true });
  const [line] = serve.log.filter((one) => one.includes("memory arithmetic"));
  assert.match(String(line), /on 4×.*GiB weights.*for KV.*tokens/);
});

test("a GPU whose memory others use is told before a worker is placed on it", async (t) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "nvidia-smi"), "#!/bin/sh\necho '3, GPU-a, NVIDIA A, 81559, 40000'\n");
  chmodSync(join(folder, "nvidia-smi"), 0o755);
  const { PATH } = process.env;
  t.after(() => void (process.env["PATH"] = PATH));
  process.env["PATH"] = `${folder}:${PATH}`;
  const model = { name: "meta-llama/Llama-3.1-8B-Instruct" };
  const serve = await served({ m: odd({ launcher: { gpus: { discover: true } }, model }) }, { early: true });
  assert.ok(serve.log.some((line) => line.includes('"gpu":"3"') && line.includes("other processes use")));
});

test("a local model that is not there, or is no model, is refused before anything is started", async () => {
  const model = (name: string): JsonObject => odd({ model: { name, source: "local", servedNames: ["m"] } });
  await assert.rejects(served({ m: model("/nothing/here") }), { code: "SWG_MODEL_MISSING" });
  await assert.rejects(served({ m: model(temporaryFolder()) }), /there is no config\.json/);
});

test("launcher.sleep: a worker is put to sleep and woken through the admin API; without it, it is stopped and started", async () => {
  const two = (sleep: boolean): JsonObject => odd({ launcher: { ...devices(80), sleep } });
  for (const sleep of [true, false]) {
    const serve = await served({ m: two(sleep) });
    const before = JSON.parse((await serve.ask("m")).body) as { args: string[]; devMode: string | null; pid: number };
    assert.deepEqual(
      [before.args.includes("--enable-sleep-mode"), before.devMode],
      sleep ? [true, "1"] : [false, null],
    );
    await admin(serve, "/admin/v1/workers/m-workers-0/suspend", "POST");
    const down = sleep ? "asleep" : "stopped";
    await eventually(`it is ${down}`, async () => (await view(serve)).process.suspension === down);
    assert.deepEqual((await view(serve)).process.gpus, [], "its device is free");
    // Bug: it was sent requests then, asleep or not there.
    await assert.rejects(admin(serve, "/admin/v1/workers/m-workers-0/undrain", "POST"), /409/);
    if (sleep) assert.equal((await view(serve)).state, "draining");
    await admin(serve, "/admin/v1/workers/m-workers-0/resume", "POST");
    await eventually("it is ready", async () => (await view(serve)).state === "ready");
    const after = JSON.parse((await serve.ask("m")).body) as { pid: number };
    assert.equal(after.pid === before.pid, sleep, "asleep is the same process");
    assert.deepEqual((await view(serve)).process.gpus, ["0"]);
    await serve.stop();
  }
});

test("a simulated engine of two pipeline stages is served, on the GPUs of both", async () => {
  const pool = { engine: "simulated", tensorParallelSize: 2, pipelineParallelSize: 2, speed: 20 };
  const workers = { endpoints: null, ...pool };
  const spec = { launcher: devices(80, 80, 80, 80), serving: { workers }, tokenizer: { source: "builtin" } };
  const serve = await served({ m: { spec } });
  assert.equal((await serve.ask("m", { max_tokens: 2 })).status, 200);
  assert.deepEqual((await view(serve)).process.gpus, ["0", "1", "2", "3"]);
});
