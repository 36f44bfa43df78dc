// Runs a plan of requests: open loop (each at its time) or closed loop (so many at once).
import type { Clock } from "../core/index.ts";
import type { LoadClient, PlannedRequest } from "./load-client.ts";
import type { RequestSample } from "./request-sample.ts";

export interface LoadRun {
  readonly client: LoadClient;
  /** Made one by one, when needed: bodies are large. By rising `plannedAt`. */
  readonly plan: Iterator<PlannedRequest>;
  readonly clock: Clock;
  /** Clock time of plan time 0. */
  readonly startedAt: number;
  /** Undefined = open loop. */
  readonly concurrency: number | undefined;
  readonly onSample: (sample: RequestSample) => void;
  /** Ends the sending; what is under way is awaited. */
  readonly signal?: AbortSignal | undefined;
}

export async function runLoad(run: LoadRun): Promise<void> {
  await (run.concurrency === undefined ? openLoop(run) : closedLoop(run, run.concurrency));
}

async function openLoop({ client, plan, clock, startedAt, onSample, signal }: LoadRun): Promise<void> {
  const running = new Set<Promise<void>>();
  for (let next = plan.next(); next.done !== true && !signal?.aborted; next = plan.next()) {
    const request = next.value;
    await until(clock, startedAt + request.plannedAt);
    if (signal?.aborted) break;
    const one = client.send(request).then(onSample);
    running.add(one);
    void one.finally(() => running.delete(one));
  }
  await Promise.all(running);
}

/** `plannedAt` becomes the time of sending: a closed loop has no schedule to lag behind. */
async function closedLoop(
  { client, plan, clock, startedAt, onSample, signal }: LoadRun,
  concurrency: number,
): Promise<void> {
  const user = async (): Promise<void> => {
    for (let next = plan.next(); next.done !== true && !signal?.aborted; next = plan.next()) {
      onSample(await client.send({ ...next.value, plannedAt: clock.now() - startedAt }));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, user));
}

/** Timers may fire a little early; nothing is sent before its time. */
async function until(clock: Clock, at: number): Promise<void> {
  for (let left = at - clock.now(); left > 0.2; left = at - clock.now()) {
    await new Promise<void>((resolve) => void setTimeout(resolve, left));
  }
}
