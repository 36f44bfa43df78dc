// Values that only the leader writes, fenced, and every gateway reads: what was decided for all.
import type { EtcdClient, Listing } from "../etcd/etcd-client.ts";
import type { Entry } from "../etcd/etcd-entry.ts";
import type { Leadership } from "./leadership.ts";

export interface LedValues {
  /** As last heard; a wiped etcd does not take it away. */
  get(name: string): string | undefined;
  /** As etcd has it now. Throws when it does not answer. */
  read(name: string): Promise<string | undefined>;
  /** False = this gateway does not lead in etcd's eyes: nothing was written. Throws when etcd does not answer. */
  write(name: string, value: string): Promise<boolean>;
  /** Called for each value that is heard, and at once for those of before. */
  onChange(listener: (name: string, value: string) => void): void;
}

export interface LedStore extends LedValues {
  saw(key: string, entry: Entry | undefined): void;
  listed(listing: Listing): void;
  /** What a wiped etcd lacks it gets back, unless a leader was first. */
  restore(): Promise<void>;
}

/** `prefix` ends with "/". */
export function ledStore(client: EtcdClient, prefix: string, leadership: Leadership): LedStore {
  const values = new Map<string, string>();
  const lost = new Set<string>();
  const listeners: ((name: string, value: string) => void)[] = [];
  return {
    get: (name) => values.get(name),
    read: async (name) => (await client.get(prefix + name))?.value.toString(),
    write: (name, value) => leadership.commit([{ key: prefix + name, value }]),
    onChange(listener) {
      listeners.push(listener);
      for (const [name, value] of values) listener(name, value);
    },
    saw(key, entry) {
      if (entry === undefined) return;
      const name = key.slice(prefix.length);
      const value = entry.value.toString();
      values.set(name, value);
      for (const listener of listeners) listener(name, value);
    },
    listed({ entries }) {
      const found = new Set(entries.map(({ key }) => key));
      for (const name of values.keys()) if (!found.has(prefix + name)) lost.add(name);
    },
    async restore() {
      for (const name of lost) {
        const key = prefix + name;
        await client.txn([{ key, createRevision: 0 }], [{ key, value: values.get(name) ?? "" }]);
        lost.delete(name);
      }
    },
  };
}
