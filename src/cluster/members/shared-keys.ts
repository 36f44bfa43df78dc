// Small settings that all gateways have: set at one, known at all; kept by each, so that a wiped etcd gets them back.
import { randomUUID } from "node:crypto";
import type { EtcdClient, Listing } from "../etcd/etcd-client.ts";
import type { Entry } from "../etcd/etcd-entry.ts";

export interface SharedKeys {
  get(name: string): string | undefined;
  names(): readonly string[];
  /** In force here at once, elsewhere as soon as etcd takes it; undefined removes. */
  set(name: string, value: string | undefined): void;
  /** The value that was there first: ours, or another gateway's. */
  agree(name: string, value: string): Promise<string>;
  /** Called for changes of others, and for those of before. */
  onChange(listener: (name: string, value: string | undefined) => void): void;
}

export interface SharedStore extends SharedKeys {
  saw(key: string, entry: Entry | undefined, how: "listed" | "watched"): void;
  listed(listing: Listing): Promise<void>;
  /** Sends what could not be sent before. */
  flush(): Promise<void>;
  readonly unsent: number;
}

const MAX_KEYS = 10_000;

/** `prefix` ends with "/". */
export function sharedStore(client: EtcdClient, prefix: string, epochKey: string): SharedStore {
  const values = new Map<string, string>();
  const unsent = new Map<string, string | undefined>();
  const suspects = new Map<string, string>();
  /** A wiped etcd lacks them. */
  const lost = new Map<string, string>();
  const listeners: ((name: string, value: string | undefined) => void)[] = [];
  let epoch: string | undefined;
  let flushing: Promise<unknown> = Promise.resolve();

  function apply(name: string, value: string | undefined): void {
    if (values.get(name) === value) return;
    if (value === undefined) values.delete(name);
    else if (values.size < MAX_KEYS || values.has(name)) values.set(name, value);
    for (const listener of listeners) listener(name, value);
  }

  function createIfAbsent(key: string, value: string): Promise<unknown> {
    return client.txn([{ key, createRevision: 0 }], [{ key, value }]);
  }

  /** One after the other: of two calls under way at once the earlier one may reach etcd last, and win. */
  function flush(): Promise<void> {
    const done = flushing.then(send);
    flushing = done.catch(() => undefined);
    return done;
  }

  async function send(): Promise<void> {
    for (const [name, value] of lost) {
      await createIfAbsent(prefix + name, value);
      lost.delete(name);
    }
    for (const [name, value] of unsent) {
      if (value === undefined) await client.remove(prefix + name);
      else await client.put(prefix + name, value);
      if (unsent.get(name) === value) unsent.delete(name);
    }
  }

  async function listed({ entries }: Listing): Promise<void> {
    const found = entries.find(({ key }) => key === epochKey)?.value.toString();
    const isSameStore = found !== undefined && (epoch === undefined || epoch === found);
    const missing = [...suspects];
    suspects.clear();
    for (const [name, value] of missing)
      if (isSameStore) apply(name, undefined);
      else lost.set(name, value);
    if (found === undefined) await createIfAbsent(epochKey, randomUUID());
    epoch = found ?? (await client.get(epochKey))?.value.toString();
    await flush();
  }

  return {
    get: (name) => values.get(name),
    names: () => [...values.keys()],
    set(name, value) {
      apply(name, value);
      unsent.set(name, value);
      void flush().catch(() => undefined);
    },
    async agree(name, value) {
      await createIfAbsent(prefix + name, value);
      return (await client.get(prefix + name))?.value.toString() ?? value;
    },
    onChange(listener) {
      listeners.push(listener);
      for (const [name, value] of values) listener(name, value);
    },
    saw(key, entry, how) {
      const name = key.slice(prefix.length);
      // Ours is newer and on its way.
      if (unsent.has(name)) return;
      if (entry === undefined && how === "listed") suspects.set(name, values.get(name) ?? "");
      else apply(name, entry?.value.toString());
    },
    listed,
    flush,
    get unsent() {
      return unsent.size + lost.size;
    },
  };
}
