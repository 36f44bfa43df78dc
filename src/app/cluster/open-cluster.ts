// This gateway with the others: loads into the ledgers, drains of all, a warm index. Without etcd it serves as alone.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Cluster,
  type ClusterStatus,
  type EtcdClient,
  loadSnapshots,
  type SnapshotWriter,
  startCluster,
  startSnapshots,
} from "../../cluster/index.ts";
import type { Deployment } from "../../config/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import type { EventPosition, KvIndex } from "../../kvindex/index.ts";
import type { ClusterSample, Log } from "../../telemetry/index.ts";
import type { KvFeeds } from "../kv-feeds.ts";
import { etcdOf } from "./etcd-of.ts";
import { loadOfRow, loadRow } from "./load-rows.ts";
import { shareHealth } from "./share-health.ts";

export interface OpenCluster {
  /** Undefined unless the deployment joins one. */
  readonly cluster: Cluster | undefined;
  /** Events that the restored index knows already. */
  readonly startAt: Map<string, EventPosition>;
  /** From now on snapshots are written. */
  follow(feeds: KvFeeds): void;
  drained(worker: string, deadlineMs: number | undefined): void;
  undrained(worker: string): void;
  sample(): ClusterSample;
  close(): Promise<void>;
}

export interface ClusterParts {
  readonly deployments: readonly Deployment[];
  readonly fleet: Fleet;
  readonly index: KvIndex;
  readonly clock: Clock;
  readonly log: Log;
  /** It was started here: another gateway's worker of that id is another one. Default: none is. */
  readonly isOwn?: (worker: string) => boolean;
}

/** A start does not wait longer for a warm index. */
const WARM_LIMIT_MS = 2000;

export async function openCluster(given: ClusterParts): Promise<OpenCluster | undefined> {
  const parts = { ...given, fleet: commonFleet(given) };
  const { deployments, clock, log, fleet } = parts;
  const isCommon = (id: string): boolean => fleet.workers().some((one) => one.id === id);
  const settings = deployments[0]?.gateway.cluster;
  const shares = deployments.some(({ routing }) => routing.kvCacheIndex.backend === "etcd");
  if (settings === undefined || (!settings.enabled && !shares)) return undefined;
  const client = etcdOf(settings);
  const prefix = `/${settings.name}/`;
  const warm = shares ? await warmIndex(client, `${prefix}index/`, parts) : undefined;
  let writer: SnapshotWriter | undefined;
  const cluster = settings.enabled ? joinCluster(client, prefix, parts) : undefined;
  const closers: (() => unknown)[] = cluster === undefined ? [] : [() => cluster.close()];
  if (cluster !== undefined) closers.push(logCluster(cluster, clock, log));
  return {
    cluster,
    startAt: warm?.startAt ?? new Map(),
    follow(feeds) {
      if (!shares) return;
      const begun = snapshotWriter({ client, prefix: `${prefix}index/`, parts, feeds });
      writer = begun;
      closers.push(() => begun.close());
    },
    drained(worker, deadlineMs) {
      if (isCommon(worker)) cluster?.shared.set(DRAIN + worker, String(deadlineMs ?? ""));
    },
    undrained(worker) {
      if (isCommon(worker)) cluster?.shared.set(DRAIN + worker, undefined);
    },
    sample: () => ({
      cluster: settings.name,
      member: cluster && memberSample(cluster.status()),
      snapshots: warm && { ageMs: writer?.ageMs, hits: warm.hits, misses: warm.misses },
    }),
    async close() {
      await Promise.all(closers.map((close) => close()));
      await client.close();
    },
  };
}

/** The fleet as the other gateways have it, too. */
function commonFleet({ fleet, isOwn = () => false }: ClusterParts): Fleet {
  return { ...fleet, workers: () => fleet.workers().filter(({ id }) => !isOwn(id)) };
}

interface WarmIndex {
  readonly startAt: Map<string, EventPosition>;
  /** Workers with and without a snapshot. */
  readonly hits: number;
  readonly misses: number;
}

async function warmIndex(
  client: EtcdClient,
  prefix: string,
  { index, clock, log, fleet }: ClusterParts,
): Promise<WarmIndex> {
  const began = clock.now();
  const late = new Promise<undefined>((resolve) => void clock.after(WARM_LIMIT_MS, () => resolve(undefined)));
  const found = await Promise.race([loadSnapshots(client, prefix).catch(() => undefined), late]);
  const known = new Set(fleet.workers().map(({ id }) => id));
  const ours = (found ?? []).filter(({ worker }) => known.has(worker));
  const startAt = new Map<string, EventPosition>();
  for (const { worker, blocks, position } of ours) {
    index.snapshots?.restore(worker, blocks, clock.now());
    // What another gateway's live socket brought says nothing of ours.
    if (position !== undefined) startAt.set(worker, { ...position, live: -1 });
  }
  const ms = Math.round(clock.now() - began);
  if (found === undefined) log.warn({ ms }, "etcd gave no index snapshots: the index starts cold");
  else log.info({ workers: ours.length, blocks: index.stats().blocks, ms }, "index is warm");
  return { startAt, hits: ours.length, misses: known.size - ours.length };
}

interface WriterParts {
  readonly client: EtcdClient;
  readonly prefix: string;
  readonly parts: ClusterParts;
  readonly feeds: KvFeeds;
}

function snapshotWriter({ client, prefix, parts, feeds }: WriterParts): SnapshotWriter {
  const { deployments, fleet, index, clock } = parts;
  const shared = deployments.filter(({ routing }) => routing.kvCacheIndex.backend === "etcd");
  const names = new Set(shared.map(({ name }) => name));
  return startSnapshots({
    client,
    prefix,
    clock,
    ttlSeconds: Math.min(...shared.map(({ routing }) => routing.kvCacheIndex.ttlSeconds)),
    workers: () =>
      fleet.workers().flatMap(({ id, deployment, state }) => (names.has(deployment) && state !== "dead" ? [id] : [])),
    take(worker) {
      const blocks = index.snapshots?.take(worker);
      return blocks && { worker, blocks, position: feeds.position(worker) };
    },
  });
}

function joinCluster(client: EtcdClient, prefix: string, { fleet, clock }: ClusterParts): Cluster {
  const of = (id: string) => fleet.workers().find((worker) => worker.id === id);
  const cluster = startCluster({
    client,
    clock,
    id: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    prefix,
    load: () => Object.fromEntries(fleet.workers().map(({ id, ledger }) => [id, loadRow(ledger.load)])),
    onRemoteLoad: (id, row) => of(id)?.ledger.share(row && loadOfRow(row)),
  });
  shareHealth(cluster, fleet);
  shareDrains(cluster, fleet);
  return cluster;
}

const DRAIN = "drain/";

function shareDrains({ shared }: Cluster, fleet: Fleet): void {
  const known = new Set(fleet.workers().map(({ id }) => id));

  function obey(id: string, value: string | undefined): void {
    if (!fleet.workers().some((one) => one.id === id)) return;
    if (value === undefined) fleet.undrain(id);
    else fleet.drain(id, value === "" ? undefined : Number(value));
  }

  shared.onChange((name, value) => {
    if (name.startsWith(DRAIN)) obey(name.slice(DRAIN.length), value);
  });
  // One that comes by a reload may have been drained elsewhere before.
  fleet.onChange(({ id }) => {
    if (!fleet.workers().some((one) => one.id === id)) return void known.delete(id);
    const told = known.has(id) ? undefined : shared.get(DRAIN + id);
    known.add(id);
    if (told !== undefined) obey(id, told);
  });
}

const LOG_EVERY_MS = 500;

function memberSample(status: ClusterStatus): NonNullable<ClusterSample["member"]> {
  const { connected, fault, members, isLeader, silentMs, unsent, failures } = status;
  const isEtcdUp = connected && fault === undefined;
  return { members: members.length, isLeader, isEtcdUp, silentMs, unsent, failures };
}

/** One line a change; returns how it ends. */
function logCluster(cluster: Cluster, clock: Clock, log: Log): () => void {
  let before = "";
  let timer = clock.after(0, look);
  function look(): void {
    const { connected, members, isLeader, term, unsent, fault } = cluster.status();
    const now = JSON.stringify([connected, members.toSorted(), isLeader, fault !== undefined]);
    const level = connected && fault === undefined ? "info" : "warn";
    if (now !== before) log[level]({ connected, members: members.length, isLeader, term, unsent, fault }, "cluster");
    before = now;
    timer = clock.after(LOG_EVERY_MS, look);
  }
  return () => timer.cancel();
}
