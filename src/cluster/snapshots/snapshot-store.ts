// Index snapshots in etcd, one of each worker, under leases: written by whichever gateway finds the last one old.
import type { Clock } from "../../core/index.ts";
import { pause } from "../etcd/mirror.ts";
import type { EtcdClient } from "../etcd/etcd-client.ts";
import { decodeSnapshot, encodeSnapshot, type WorkerSnapshot } from "./snapshot-codec.ts";

export interface SnapshotOptions {
  readonly client: EtcdClient;
  /** Ends with "/". */
  readonly prefix: string;
  readonly clock: Clock;
  /** Snapshots that nobody renews are forgotten at this age. */
  readonly ttlSeconds: number;
  readonly workers: () => readonly string[];
  readonly take: (worker: string) => WorkerSnapshot | undefined;
  readonly everyMs?: number;
}

export interface SnapshotWriter {
  readonly written: number;
  readonly failures: number;
  /** Of the oldest one that was seen; undefined before any was. */
  readonly ageMs: number | undefined;
  /** Writes what is due now. */
  write(): Promise<void>;
  close(): Promise<void>;
}

const EVERY_MS = 10_000;

/** All that are complete. Throws as the client does. */
export async function loadSnapshots(client: EtcdClient, prefix: string): Promise<WorkerSnapshot[]> {
  const { entries } = await client.list(prefix);
  const pieces = new Map(entries.map(({ key, value }) => [key, value]));
  const found = entries
    .filter(({ key }) => key.endsWith("/meta"))
    .map(({ key, value }) => {
      const { stamp, count } = metaOf(value);
      const folder = key.slice(0, -"meta".length);
      return Array.from({ length: count }, (_, i) => pieces.get(`${folder}${stamp}/${i}`));
    });
  return found.flatMap((all) => {
    const whole = all.filter((one) => one !== undefined);
    return (whole.length === all.length && decodeSnapshot(whole)) || [];
  });
}

export function startSnapshots(options: SnapshotOptions): SnapshotWriter {
  const { client, prefix, clock, ttlSeconds, workers } = options;
  const everyMs = options.everyMs ?? Math.min(EVERY_MS, (1000 * ttlSeconds) / 3);
  const closing = new AbortController();
  /** What this process saw last of each worker's `meta`, and since when. */
  const seen = new Map<string, { revision: number; at: number }>();
  let written = 0;
  let failures = 0;
  const running = run();

  /** By our own clock: another gateway's may be wrong. */
  function isFresh(worker: string, revision: number): boolean {
    const known = seen.get(worker);
    if (known?.revision !== revision) seen.set(worker, { revision, at: clock.now() });
    return revision > 0 && clock.now() - (seen.get(worker)?.at ?? 0) < 0.9 * everyMs;
  }

  async function writeOne(worker: string): Promise<void> {
    const key = `${prefix}${worker}/meta`;
    const revision = (await client.get(key))?.modRevision ?? 0;
    const snapshot = isFresh(worker, revision) ? undefined : options.take(worker);
    if (snapshot === undefined) return;
    const pieces = encodeSnapshot(snapshot);
    const lease = await client.grant(ttlSeconds);
    const stamp = lease;
    for (const [i, piece] of pieces.entries()) await client.put(`${prefix}${worker}/${stamp}/${i}`, piece, lease);
    const meta = JSON.stringify({ stamp, count: pieces.length });
    const { succeeded, revision: next } = await client.txn(
      [{ key, modRevision: revision }],
      [{ key, value: meta, lease }],
    );
    // Another gateway was first: its snapshot is as good.
    await (succeeded ? replaced(worker, lease) : client.revoke(lease));
    if (!succeeded) return;
    written++;
    seen.set(worker, { revision: next, at: clock.now() });
  }

  /** The lease that holds our last snapshot of a worker. */
  const leases = new Map<string, string>();

  async function replaced(worker: string, lease: string): Promise<void> {
    const before = leases.get(worker);
    leases.set(worker, lease);
    if (before !== undefined) await client.revoke(before).catch(() => undefined);
  }

  async function write(): Promise<void> {
    for (const worker of workers()) {
      if (closing.signal.aborted) return;
      await writeOne(worker).catch(() => {
        failures++;
      });
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause(clock, everyMs, closing.signal);
      if (!closing.signal.aborted) await write();
    }
  }

  return {
    get written() {
      return written;
    },
    get failures() {
      return failures;
    },
    get ageMs() {
      const known = workers().flatMap((worker) => seen.get(worker) ?? []);
      const ages = known.filter(({ revision }) => revision > 0).map(({ at }) => clock.now() - at);
      return ages.length === 0 ? undefined : Math.max(...ages);
    },
    write,
    async close() {
      closing.abort();
      await running;
    },
  };
}

function metaOf(value: Buffer): { stamp: string; count: number } {
  try {
    const { stamp, count } = JSON.parse(value.toString());
    if (typeof stamp === "string" && Number.isSafeInteger(count) && count >= 0 && count < 1000) return { stamp, count };
  } catch {
    // Not ours.
  }
  return { stamp: "", count: 1 };
}
