// This gateway among the others: member by lease, perhaps the leader, with shared keys and the loads of all.
import type { Clock, Timer } from "../core/index.ts";
import { attempts } from "./attempts.ts";
import type { EtcdClient } from "./etcd/etcd-client.ts";
import type { Entry } from "./etcd/etcd-entry.ts";
import { startMirror } from "./etcd/mirror.ts";
import { startSession } from "./etcd/session.ts";
import { election, type Leadership } from "./members/leadership.ts";
import { type LedValues, ledStore } from "./members/led-values.ts";
import { addRows, decodeLoads, loadEncoder, type LoadRow, type LoadRows } from "./members/load-delta.ts";
import { type Reports, reportStore } from "./members/reports.ts";
import { type SharedKeys, sharedStore } from "./members/shared-keys.ts";

export interface ClusterOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  /** Differs between processes, and between two lives of one. */
  readonly id: string;
  /** Ends with "/". */
  readonly prefix: string;
  /** Who is silent so long is no member any more. */
  readonly ttlSeconds?: number;
  /** Loads are published at most so often. */
  readonly syncMs?: number;
  readonly load: () => LoadRows;
  /** Σ over the other gateways; undefined = none is known. Must not throw. */
  readonly onRemoteLoad: (worker: string, row: LoadRow | undefined) => void;
}

export interface ClusterStatus {
  readonly id: string;
  /** In touch with etcd, both ways. */
  readonly connected: boolean;
  readonly members: readonly string[];
  readonly leader: string | undefined;
  readonly isLeader: boolean;
  readonly term: number | undefined;
  /** Settings that etcd has not taken yet. */
  readonly unsent: number;
  /** Calls of etcd that failed. */
  readonly failures: number;
  /** What etcd does not do at the moment, in its own words: full, slow, away. */
  readonly fault: string | undefined;
  /** Times that all was read again after the watch broke. */
  readonly listings: number;
  /** Since this gateway was in touch with etcd for the last time. */
  readonly silentMs: number;
}

export interface Cluster {
  readonly leadership: Leadership;
  readonly shared: SharedKeys;
  readonly led: LedValues;
  readonly reports: Reports;
  /** Once all of etcd was read; false when that takes longer. */
  heard(limitMs: number): Promise<boolean>;
  status(): ClusterStatus;
  close(): Promise<void>;
}

const TTL_SECONDS = 5;
const SYNC_MS = 100;
const HEARD_MS = 20;

export function startCluster(options: ClusterOptions): Cluster {
  const { client, clock, id, prefix, ttlSeconds = TTL_SECONDS, syncMs = SYNC_MS } = options;
  const live = `${prefix}live/`;
  const keys = { leader: `${live}leader`, epoch: `${live}epoch`, shared: `${live}shared/`, loads: `${live}load/` };
  const spoken = { led: `${live}led/`, reports: `${live}report/` };
  const shared = sharedStore(client, keys.shared, keys.epoch);
  const encoder = loadEncoder();
  const loads = remoteLoads(options, keys.loads);
  const tries = attempts();
  let touchedAt = clock.now();
  let isClosed = false;

  const session = startSession({
    client,
    clock,
    ttlSeconds,
    onError: (error) => tries.failed("lease", error),
    onLease: () => encoder.reset(),
  });
  const leadership = election({
    client,
    clock,
    session: () => session,
    key: keys.leader,
    id,
    marginMs: 250 * ttlSeconds,
  });
  const led = ledStore(client, spoken.led, leadership);
  const reports = reportStore({ client, prefix: spoken.reports, id });
  const mirror = startMirror({
    client,
    prefix: live,
    clock,
    onChange: saw,
    onListed(all) {
      led.listed(all);
      void tries.run("shared", () => shared.listed(all));
    },
  });

  function saw(key: string, entry: Entry | undefined, how: "listed" | "watched"): void {
    if (key === keys.leader) leadership.saw(entry);
    else if (key.startsWith(keys.shared)) shared.saw(key, entry, how);
    else if (key.startsWith(keys.loads)) loads.saw(key, entry);
    else if (key.startsWith(spoken.led)) led.saw(key, entry);
    else if (key.startsWith(spoken.reports)) reports.saw(key, entry);
  }

  async function publish(): Promise<void> {
    const { lease } = session;
    const write = lease === undefined ? undefined : encoder.next(options.load());
    if (write === undefined || lease === undefined) return;
    const { base, delta } = write;
    const writes = Object.entries({ base, delta }).flatMap(([part, value]) =>
      value === undefined ? [] : [{ key: `${keys.loads}${id}/${part}`, value, lease }],
    );
    await client.txn([], writes).catch((error: unknown) => {
      encoder.reset();
      throw error;
    });
  }

  async function join(): Promise<void> {
    const { lease } = session;
    const key = `${live}member/${id}`;
    if (lease !== undefined && mirror.entries.get(key)?.lease !== lease) await client.put(key, "{}", lease);
  }

  async function settle(): Promise<void> {
    if (mirror.isLive) {
      touchedAt = clock.now();
      loads.restore();
      await tries.run("member", join);
    }
    // The others' leases are over by now, as far as we can know.
    else if (clock.now() - touchedAt > 1000 * ttlSeconds) loads.clear();
    await tries.run("load", publish);
    const { lease } = session;
    if (mirror.isLive && lease !== undefined) await tries.run("report", () => reports.publish(lease));
    if (mirror.isLive) await leadership.tick();
    if (mirror.isLive && shared.unsent > 0) await tries.run("shared", () => shared.flush());
    // After the settings: what the leader said may rest on them.
    if (mirror.isLive && shared.unsent === 0) await tries.run("led", () => led.restore());
  }

  /** One call after the other: a slow etcd gets fewer. */
  let working: Promise<void> = Promise.resolve();
  let timer: Timer = clock.after(syncMs, tick);
  function tick(): void {
    working = settle().finally(() => {
      if (!isClosed) timer = clock.after(syncMs, tick);
    });
  }

  return {
    leadership,
    shared,
    led,
    reports,
    async heard(limitMs) {
      const end = clock.now() + limitMs;
      while (mirror.listings === 0 && clock.now() < end && !isClosed)
        await new Promise<void>((resolve) => void clock.after(HEARD_MS, resolve));
      return mirror.listings > 0;
    },
    status: () => ({
      id,
      connected: mirror.isLive && session.lease !== undefined && session.isHealthy,
      members: [...mirror.entries.keys()]
        .filter((key) => key.startsWith(`${live}member/`))
        .map((key) => key.slice(live.length + 7)),
      leader: leadership.leader,
      isLeader: leadership.isLeader,
      term: leadership.term,
      unsent: shared.unsent,
      failures: tries.failures,
      fault: session.isHealthy ? tries.fault : tries.faultOf("lease"),
      listings: mirror.listings,
      silentMs: mirror.isLive ? 0 : clock.now() - touchedAt,
    }),
    async close() {
      isClosed = true;
      timer.cancel();
      await working;
      await mirror.close();
      await session.close();
    },
  };
}

interface RemoteLoads {
  saw(key: string, entry: Entry | undefined): void;
  /** What is known is too old. */
  clear(): void;
  /** It is not, any more. */
  restore(): void;
}

function remoteLoads({ id, onRemoteLoad }: ClusterOptions, prefix: string): RemoteLoads {
  const parts = new Map<string, { base?: string | undefined; delta?: string | undefined }>();
  const rows = new Map<string, LoadRows>();
  let isCleared = false;

  function tell(workers: Iterable<string>): void {
    const all = [...rows.values()];
    for (const worker of new Set(workers)) onRemoteLoad(worker, addRows(all.map((one) => one[worker] ?? [])));
  }

  return {
    saw(key, entry) {
      const [gateway = "", part] = key.slice(prefix.length).split("/");
      if (gateway === id || (part !== "base" && part !== "delta")) return;
      const known = { ...parts.get(gateway), [part]: entry?.value.toString() };
      const before = rows.get(gateway) ?? {};
      if (known.base === undefined && known.delta === undefined) parts.delete(gateway);
      else parts.set(gateway, known);
      const next = decodeLoads(known.base, known.delta);
      if (parts.has(gateway)) rows.set(gateway, next);
      else rows.delete(gateway);
      tell([...Object.keys(before), ...Object.keys(next)]);
    },
    restore() {
      if (!isCleared) return;
      isCleared = false;
      for (const [gateway, { base, delta }] of parts) rows.set(gateway, decodeLoads(base, delta));
      tell([...rows.values()].flatMap((one) => Object.keys(one)));
    },
    clear() {
      isCleared = true;
      const workers = [...rows.values()].flatMap((one) => Object.keys(one));
      rows.clear();
      tell(workers);
    },
  };
}
