// Several gateways on etcd: a client of it, membership, one leader, shared keys, loads and index snapshots.
export { type Cluster, type ClusterStatus, startCluster } from "./cluster.ts";
export { type EtcdClient, etcdClient } from "./etcd/etcd-client.ts";
export type { EtcdOptions } from "./etcd/etcd-options.ts";
export type { Leadership } from "./members/leadership.ts";
export type { LedValues } from "./members/led-values.ts";
export type { Reports } from "./members/reports.ts";
export type { LoadRow } from "./members/load-delta.ts";
export type { SharedKeys } from "./members/shared-keys.ts";
export { loadSnapshots, type SnapshotWriter, startSnapshots } from "./snapshots/snapshot-store.ts";
