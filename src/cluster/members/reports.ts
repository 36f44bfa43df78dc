// What each gateway tells the others of itself: under its lease, gone with it.
import type { EtcdClient } from "../etcd/etcd-client.ts";
import type { Entry } from "../etcd/etcd-entry.ts";

export interface Reports {
  /** Sent with the next look at etcd; the last value counts. */
  set(name: string, value: string): void;
  /** By gateway, this one too once etcd has it. */
  of(name: string): ReadonlyMap<string, string>;
  /** Something that was set is not in etcd yet. */
  readonly unsent: boolean;
  /** A gateway tells something else, or nothing any more. */
  onChange(listener: (name: string, gateway: string, value: string | undefined) => void): void;
}

export interface ReportStore extends Reports {
  saw(key: string, entry: Entry | undefined): void;
  /** Sends what changed, and all of it under another lease. */
  publish(lease: string): Promise<void>;
}

export interface ReportOptions {
  readonly client: EtcdClient;
  /** Ends with "/". */
  readonly prefix: string;
  readonly id: string;
}

export function reportStore({ client, prefix, id }: ReportOptions): ReportStore {
  const own = new Map<string, string>();
  const sent = new Map<string, string>();
  const heard = new Map<string, Map<string, string>>();
  const listeners: ((name: string, gateway: string, value: string | undefined) => void)[] = [];
  let under: string | undefined;

  const due = (): [string, string][] => [...own].filter(([name, value]) => sent.get(name) !== value);

  return {
    get unsent() {
      return due().length > 0;
    },
    set: (name, value) => void own.set(name, value),
    of: (name) => heard.get(name) ?? new Map(),
    onChange: (listener) => void listeners.push(listener),
    saw(key, entry) {
      const [gateway = "", ...rest] = key.slice(prefix.length).split("/");
      const name = rest.join("/");
      // Wiped, or over with a lease that was lost: told again.
      if (gateway === id && entry === undefined) sent.delete(name);
      const of = heard.get(name) ?? new Map<string, string>();
      if (entry === undefined) of.delete(gateway);
      else of.set(gateway, entry.value.toString());
      heard.set(name, of);
      for (const listener of listeners) listener(name, gateway, entry?.value.toString());
    },
    async publish(lease) {
      if (under !== lease) sent.clear();
      under = lease;
      const all = due();
      if (all.length === 0) return;
      await client.txn(
        [],
        all.map(([name, value]) => ({ key: `${prefix}${id}/${name}`, value, lease })),
      );
      for (const [name, value] of all) sent.set(name, value);
    },
  };
}
