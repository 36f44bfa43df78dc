// A cluster as gauges that are read at scrape time.
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";

export interface ClusterSample {
  readonly cluster: string;
  /** Undefined when only index snapshots are shared. */
  readonly member: MemberSample | undefined;
  /** Undefined when no snapshots are shared. */
  readonly snapshots: SnapshotSample | undefined;
}

export interface MemberSample {
  readonly members: number;
  readonly isLeader: boolean;
  readonly isEtcdUp: boolean;
  readonly silentMs: number;
  readonly unsent: number;
  readonly failures: number;
}

export interface SnapshotSample {
  /** Undefined before any was seen. */
  readonly ageMs: number | undefined;
  readonly hits: number;
  readonly misses: number;
}

export function registerClusterGauges(page: MetricsPage, sample: () => ClusterSample | undefined): void {
  const each = (set: (value: number, cluster: string) => void, of: (member: MemberSample) => number): void => {
    const { cluster, member } = sample() ?? {};
    if (cluster !== undefined && member !== undefined) set(of(member), cluster);
  };
  page.gauge(METRICS.clusterMembers, (set) => each(set, ({ members }) => members));
  page.gauge(METRICS.clusterLeader, (set) => each(set, ({ isLeader }) => (isLeader ? 1 : 0)));
  page.gauge(METRICS.clusterEtcdUp, (set) => each(set, ({ isEtcdUp }) => (isEtcdUp ? 1 : 0)));
  page.gauge(METRICS.clusterSilent, (set) => each(set, ({ silentMs }) => silentMs / 1000));
  page.gauge(METRICS.clusterUnsent, (set) => each(set, ({ unsent }) => unsent));
  page.gauge(METRICS.clusterFailures, (set) => each(set, ({ failures }) => failures));
  page.gauge(METRICS.snapshotAge, (set) => {
    const { cluster, snapshots } = sample() ?? {};
    if (cluster !== undefined && snapshots?.ageMs !== undefined) set(snapshots.ageMs / 1000, cluster);
  });
  page.gauge(METRICS.snapshotRestored, (set) => {
    const { cluster, snapshots } = sample() ?? {};
    if (cluster === undefined || snapshots === undefined) return;
    set(snapshots.hits, cluster, "hit");
    set(snapshots.misses, cluster, "miss");
  });
}
