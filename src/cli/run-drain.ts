// Does what `drain` was asked, over the admin API, and waits until the worker is empty.
import { setTimeout as pause } from "node:timers/promises";
import { SwitchgearError } from "../core/index.ts";
import { type AdminAnswer, adminClient } from "./admin-client.ts";
import type { DrainFlags } from "./drain.ts";

const NO_SUCH_WORKER = 1;
const TIMEOUT = 4;
const LOOK_EVERY_MS = 250;

interface WorkerState {
  readonly id: string;
  readonly state: string;
  readonly load: { readonly prefillRequests: number; readonly decodeRequests: number };
}

/** The exit code. */
export async function runDrain(worker: string, flags: DrainFlags): Promise<number> {
  const client = adminClient(flags);
  const path = `/admin/v1/workers/${encodeURIComponent(worker)}`;
  const { deadline, timeout, undo } = flags;
  const body = deadline === undefined ? {} : { deadlineMs: deadline * 1000 };
  let seen = workerOf(await client.post(`${path}/${undo ? "undrain" : "drain"}`, body));
  if (seen === undefined) return noSuchWorker(worker);
  const endsAt = performance.now() + (timeout ?? Number.POSITIVE_INFINITY) * 1000;
  while (!undo && running(seen) > 0) {
    if (performance.now() > endsAt) return timedOut(seen);
    await pause(LOOK_EVERY_MS);
    seen = workerOf(await client.get(path));
    // Taken out of the deployment meanwhile: it leaves only when it is empty.
    if (seen === undefined) break;
  }
  process.stdout.write(undo ? `${worker}: ${seen?.state}\n` : `${worker}: drained, nothing runs there\n`);
  return 0;
}

function workerOf({ status, body }: AdminAnswer): WorkerState | undefined {
  if (status === 404) return undefined;
  if (status === 200) return body as WorkerState;
  const expected = "an answer of the admin API; --state-directory or --token-env say where its token is";
  throw new SwitchgearError("SWG_ADMIN_UNREACHABLE", `The admin API answered ${status}.`, { value: status, expected });
}

function running({ load }: WorkerState): number {
  return load.prefillRequests + load.decodeRequests;
}

function noSuchWorker(worker: string): number {
  process.stderr.write(`switchgear: no worker ${worker}; GET /admin/v1/workers lists them\n`);
  return NO_SUCH_WORKER;
}

function timedOut(worker: WorkerState): number {
  process.stderr.write(`switchgear: ${running(worker)} requests still run on ${worker.id}; it gets no new ones\n`);
  return TIMEOUT;
}
