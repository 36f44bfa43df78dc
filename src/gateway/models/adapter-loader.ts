// Loads adapters through vLLM's endpoint: one at a time per worker, each once however many ask for it.
import { type Clock, toError } from "../../core/index.ts";
import type { Fleet, Worker } from "../../fleet/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { requestsOf } from "./holders.ts";

export interface LoadedAdapter {
  readonly name: string;
  readonly path: string;
}

export type LoadResult = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

export interface AdapterLoader {
  /** `workers`: where it may go, all of one role; not empty. Never rejects. */
  load(adapter: LoadedAdapter, workers: readonly Worker[]): Promise<LoadResult>;
}

/** One request to a worker; undefined text when it did not answer. */
export type AskWorker = (
  worker: Worker,
  asked: { readonly path: string; readonly body: string },
) => Promise<{ readonly status: number; readonly text: string }>;

export interface LoaderOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "adapterLoads">;
  readonly ask: AskWorker;
}

/** After a failure nobody asks again for so long: the file is still missing, and each try takes the worker's time. */
export const RETRY_AFTER_MS = 5000;

export function adapterLoader({ fleet, clock, log, metrics, ask }: LoaderOptions): AdapterLoader {
  /** By name and role. */
  const running = new Map<string, Promise<LoadResult>>();
  /** By name and role, until when nothing is tried. */
  const failed = new Map<string, number>();
  /** By worker: what it is doing, so that the next load waits for it. */
  const tails = new Map<string, Promise<unknown>>();

  async function loadAt(adapter: LoadedAdapter, worker: Worker): Promise<LoadResult> {
    const about = { adapter: adapter.name, worker: worker.id };
    const answer = await askSafely(adapter, worker);
    // Somebody else was quicker.
    const isThere = answer.status === 200 || answer.text.includes("has already been loaded");
    metrics.adapterLoads(worker.id, isThere ? "ok" : "failed").inc();
    if (!isThere) {
      log.warn({ ...about, status: answer.status, reason: answer.text.slice(0, 300) }, "adapter not loaded");
      return { ok: false, retryAfterMs: RETRY_AFTER_MS };
    }
    await fleet.refresh?.(worker.id);
    log.info(about, "adapter loaded");
    return { ok: true };
  }

  async function askSafely({ name, path }: LoadedAdapter, worker: Worker): Promise<{ status: number; text: string }> {
    const body = JSON.stringify({ lora_name: name, lora_path: path });
    try {
      return await ask(worker, { path: "/v1/load_lora_adapter", body });
    } catch (thrown) {
      return { status: 0, text: toError(thrown).message };
    }
  }

  function queued(adapter: LoadedAdapter, worker: Worker): Promise<LoadResult> {
    const done = (tails.get(worker.id) ?? Promise.resolve()).then(() => loadAt(adapter, worker));
    tails.set(worker.id, done);
    void done.then(() => {
      if (tails.get(worker.id) === done) tails.delete(worker.id);
    });
    return done;
  }

  async function begin(key: string, adapter: LoadedAdapter, workers: readonly Worker[]): Promise<LoadResult> {
    const worker = placeFor(workers, (id) => tails.has(id));
    const result: LoadResult =
      worker === undefined ? { ok: false, retryAfterMs: RETRY_AFTER_MS } : await queued(adapter, worker);
    running.delete(key);
    if (result.ok) failed.delete(key);
    else failed.set(key, clock.now() + RETRY_AFTER_MS);
    return result;
  }

  return {
    load(adapter, workers) {
      const key = JSON.stringify([adapter.name, adapter.path, workers[0]?.role, workers[0]?.model]);
      const known = running.get(key);
      if (known !== undefined) return known;
      const leftMs = (failed.get(key) ?? 0) - clock.now();
      if (leftMs > 0) return Promise.resolve({ ok: false, retryAfterMs: leftMs });
      const begun = begin(key, adapter, workers);
      running.set(key, begun);
      return begun;
    },
  };
}

/** One that is not loading already, with the fewest adapters, then with the least to do. */
export function placeFor(workers: readonly Worker[], isLoading: (id: string) => boolean): Worker | undefined {
  const rank = (one: Worker): readonly [number, number, number] => [
    Number(isLoading(one.id)),
    one.facts.adapters?.length ?? 0,
    requestsOf(one),
  ];
  return workers.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2] || (a.id < b.id ? -1 : 1);
  })[0];
}
