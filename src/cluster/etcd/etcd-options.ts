// How an etcd cluster is reached: its members, who asks, and how long an answer may take.

export interface EtcdTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

export interface EtcdOptions {
  /** Origins of the members, `http://` or `https://`; tried in turn. Not empty. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /** Longest time of one call over all members. */
  readonly limitMs?: number;
}
