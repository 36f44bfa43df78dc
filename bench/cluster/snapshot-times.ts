// How long snapshots of an index take to write to etcd and to restore from it, by their size.
import { etcdClient, loadSnapshots, startSnapshots } from "../../src/cluster/index.ts";
import { realClock } from "../../src/core/index.ts";
import { type KvIndex, memoryIndex } from "../../src/kvindex/index.ts";
import { hashBlocks } from "../../src/tokens/index.ts";

export interface SnapshotTimes {
  readonly blocks: number;
  readonly bytes: number;
  readonly writeMs: number;
  readonly readMs: number;
}

const SIZES = [8_000, 80_000, 800_000];
const WORKERS = Array.from({ length: 8 }, (_, i) => `w${i}`);
const BLOCK = 16;
/** Blocks of one prompt. */
const CHAIN = 125;

export async function snapshotTimes(endpoints: readonly string[]): Promise<SnapshotTimes[]> {
  const found: SnapshotTimes[] = [];
  for (const blocks of SIZES) found.push(await timesOf(endpoints, blocks));
  return found;
}

async function timesOf(endpoints: readonly string[], blocks: number): Promise<SnapshotTimes> {
  const client = etcdClient({ endpoints });
  const prefix = `/bench/${blocks}/`;
  const full = index();
  fill(full, blocks);
  const writer = startSnapshots({
    client,
    prefix,
    clock: realClock,
    ttlSeconds: 300,
    everyMs: 3_600_000,
    workers: () => WORKERS,
    take(worker) {
      const taken = full.snapshots?.take(worker);
      return taken && { worker, blocks: taken, position: undefined };
    },
  });
  const [, writeMs] = await timed(() => writer.write());
  if (writer.failures > 0) throw new Error(`${writer.failures} snapshots were not written`);
  const empty = index();
  const [, readMs] = await timed(async () => {
    for (const one of await loadSnapshots(client, prefix))
      empty.snapshots?.restore(one.worker, one.blocks, realClock.now());
  });
  if (empty.stats().blocks !== full.stats().blocks) throw new Error("the restored index is another one");
  const { entries } = await client.list(prefix);
  const bytes = entries.reduce((sum, { value }) => sum + value.length, 0);
  await writer.close();
  await client.close();
  return { blocks: full.stats().blocks, bytes, writeMs, readMs };
}

function index(): KvIndex {
  return memoryIndex({ maxBytes: 1 << 30, ttlSeconds: 3600, seedOf: () => ({ model: "m" }) });
}

function fill(into: KvIndex, blocks: number): void {
  for (let chain = 0; chain * CHAIN < blocks; chain++) {
    const tokens = Int32Array.from({ length: CHAIN * BLOCK }, (_, i) => chain * 7919 + i);
    into.predict(WORKERS[chain % WORKERS.length] ?? "", hashBlocks(tokens, BLOCK, { model: "m" }), realClock.now());
  }
}

async function timed<T>(run: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await run(), performance.now() - began];
}
