// Several gateways on etcd: a client of it, membership, one leader, shared keys, loads and index snapshots.
export { type EtcdClient, etcdClient } from "./etcd/etcd-client.ts";
export type { EtcdOptions, EtcdTls } from "./etcd/etcd-options.ts";
