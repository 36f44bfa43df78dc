// Does what `drain` was asked, over the admin API, and waits until the worker is empty.
import { setTimeout as pause } from "node:timers/promises";
import { accepted, type AdminAnswer, adminClient } from "./admin-client.ts";
import type { DrainFlags } from "./drain.ts";

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
  let seen = stateIn(await client.post(`${path}/${undo ? "undrain" : "drain"}`, body));
  const endsAt = performance.now() + (timeout ?? Number.POSITIVE_INFINITY) * 1000;
  while (!undo && running(seen) > 0) {
    if (performance.now() > endsAt) return timedOut(seen);
    await pause(LOOK_EVERY_MS);
    const answer = await client.get(path);
    // Taken out of the deployment meanwhile: it leaves only when it is empty.
    if (answer.status === 404) break;
    seen = stateIn(answer);
  }
  process.stdout.write(undo ? `${worker}: ${seen.state}\n` : `${worker}: drained, nothing runs there\n`);
  return 0;
}

function stateIn(answer: AdminAnswer): WorkerState {
  return accepted(answer) as WorkerState;
}

function running({ load }: WorkerState): number {
  return load.prefillRequests + load.decodeRequests;
}

function timedOut(worker: WorkerState): number {
  process.stderr.write(`switchgear: ${running(worker)} requests still run on ${worker.id}; it gets no new ones\n`);
  return TIMEOUT;
}
