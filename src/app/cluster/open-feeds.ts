// The KV event feeds of a process, and its part in a cluster: feeds go on where the snapshots of others end.
import { kvFeeds, type KvFeeds } from "../kv-feeds.ts";
import { type ClusterParts, openCluster, type OpenCluster } from "./open-cluster.ts";

export interface OpenFeeds {
  readonly feeds: KvFeeds;
  readonly cluster: OpenCluster | undefined;
  close(): Promise<unknown>;
}

export async function openFeeds(parts: ClusterParts): Promise<OpenFeeds> {
  const cluster = await openCluster(parts);
  const feeds = kvFeeds({ ...parts, ...(cluster && { startAt: cluster.startAt }) });
  cluster?.follow(feeds);
  return { feeds, cluster, close: () => Promise.all([feeds.close(), cluster?.close()]) };
}
