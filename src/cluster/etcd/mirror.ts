// A prefix of etcd kept in memory: listed, then watched; listed again whenever the watch may have missed something.
import type { Clock } from "../../core/index.ts";
import type { EtcdClient, Listing } from "./etcd-client.ts";
import type { Entry } from "./etcd-entry.ts";
import type { Newest, OpenWatch } from "./etcd-watch.ts";

export interface MirrorOptions {
  readonly client: EtcdClient;
  readonly prefix: string;
  readonly clock: Clock;
  /** `undefined` = the key is gone. Must not throw. */
  readonly onChange: (key: string, entry: Entry | undefined, how: "listed" | "watched") => void;
  /** All changes of a listing were told. */
  readonly onListed?: (listing: Listing) => void;
  readonly retryMs?: number;
  /** How often the watched member is asked whether it still belongs to the cluster. */
  readonly checkMs?: number;
}

export interface Mirror {
  /** What it was when it was last in touch. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** False while nothing is known to arrive. */
  readonly isLive: boolean;
  /** Times that it listed: first, and after each break. */
  readonly listings: number;
  close(): Promise<void>;
}

const RETRY_MS = 300;
const CHECK_MS = 1000;

export function startMirror(options: MirrorOptions): Mirror {
  const { client, prefix, clock, onChange, retryMs = RETRY_MS, checkMs = CHECK_MS } = options;
  const entries = new Map<string, Entry>();
  const closing = new AbortController();
  let isLive = false;
  let listings = 0;
  /** Newest revision that was told to `onChange`. */
  let told = 0;
  const running = run();

  function take(key: string, entry: Entry | undefined, how: "listed" | "watched"): void {
    if (entry === undefined ? !entries.delete(key) : entries.get(key)?.modRevision === entry.modRevision) return;
    if (entry !== undefined) entries.set(key, entry);
    onChange(key, entry, how);
  }

  function adopt(listing: Listing): void {
    const listed = new Map(listing.entries.map((entry) => [entry.key, entry]));
    for (const key of entries.keys()) if (!listed.has(key)) take(key, undefined, "listed");
    for (const [key, entry] of listed) take(key, entry, "listed");
    told = listing.revision;
    listings++;
    options.onListed?.(listing);
  }

  async function follow(broken: AbortController): Promise<void> {
    const signal = AbortSignal.any([closing.signal, broken.signal]);
    const listing = await client.list(prefix);
    adopt(listing);
    const watch = await client.watch({ prefix, from: listing.revision + 1, signal });
    isLive = true;
    clock.after(checkMs, () => void check(watch, broken, 0));
    for await (const { revision, changes } of watch.batches) {
      for (const { entry, removed } of changes) take(entry.key, removed ? undefined : entry, "watched");
      if (changes.length > 0) told = Math.max(told, revision);
    }
  }

  /** A member that is cut off keeps its watches open and says nothing. */
  async function check(watch: OpenWatch, broken: AbortController, missed: number): Promise<void> {
    if (broken.signal.aborted || closing.signal.aborted) return;
    const newest = await watch.newest().catch(() => undefined);
    // Once may be a change that is on its way.
    if (newest === undefined || (isBehind(newest) && missed > 0)) broken.abort();
    else clock.after(checkMs, () => void check(watch, broken, isBehind(newest) ? 1 : 0));
  }

  function isBehind({ revision, modRevision, count }: Newest): boolean {
    return revision < told || modRevision > told || count !== entries.size;
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const broken = new AbortController();
      await follow(broken).catch(() => undefined);
      broken.abort();
      isLive = false;
      if (!closing.signal.aborted) await pause(clock, retryMs, closing.signal);
    }
  }

  return {
    entries,
    get isLive() {
      return isLive;
    },
    get listings() {
      return listings;
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Ends early, and without an error, when `signal` does. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
