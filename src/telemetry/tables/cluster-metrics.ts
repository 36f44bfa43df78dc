// Metrics of a gateway's part in a cluster, and of the index snapshots in etcd.
import type { MetricEntry } from "./metric-entry.ts";

export const CLUSTER_METRICS = {
  clusterMembers: {
    name: "switchgear_cluster_members",
    kind: "gauge",
    help: "Gateways of the cluster that this one knows of, itself included.",
    labels: ["cluster"],
  },
  clusterLeader: {
    name: "switchgear_cluster_leader",
    kind: "gauge",
    help: "1 while this gateway leads the cluster; of all its gateways one does.",
    labels: ["cluster"],
  },
  clusterEtcdUp: {
    name: "switchgear_cluster_etcd_up",
    kind: "gauge",
    help: "1 while this gateway hears of changes in etcd and etcd takes what it writes, 0 while etcd is away, full or refuses it.",
    labels: ["cluster"],
  },
  clusterSilent: {
    name: "switchgear_cluster_silent_seconds",
    kind: "gauge",
    help: "By how much this gateway's view of the others lags at most: since etcd was last in touch, 0 while it is.",
    labels: ["cluster"],
  },
  clusterUnsent: {
    name: "switchgear_cluster_unsent_settings",
    kind: "gauge",
    help: "Drains and other settings made here that etcd has not taken yet.",
    labels: ["cluster"],
  },
  clusterFailures: {
    name: "switchgear_cluster_failed_calls",
    kind: "gauge",
    help: "Calls of etcd that failed since this gateway started.",
    labels: ["cluster"],
  },
  snapshotAge: {
    name: "switchgear_index_snapshot_age_seconds",
    kind: "gauge",
    help: "Age of the oldest worker's index snapshot in etcd, as far as this gateway has seen it: a new gateway starts so cold.",
    labels: ["cluster"],
  },
  snapshotRestored: {
    name: "switchgear_index_snapshot_workers",
    kind: "gauge",
    help: "Workers at this gateway's start by whether their blocks were taken from a snapshot: hit, miss.",
    labels: ["cluster", "result"],
  },
} as const satisfies Record<string, MetricEntry>;
