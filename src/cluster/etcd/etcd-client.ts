// etcd as this product needs it: keys under a prefix, leases, compare-and-set and watches, over the JSON gateway.
import { asInt, asList, asObject, asText } from "./etcd-answer.ts";
import { base64, type Entry, entryOf, prefixEnd } from "./etcd-entry.ts";
import type { EtcdOptions } from "./etcd-options.ts";
import { etcdTransport, type Json } from "./etcd-transport.ts";
import { openWatch, type OpenWatch, type WatchStart } from "./etcd-watch.ts";

export interface Listing {
  readonly revision: number;
  readonly entries: readonly Entry[];
}

export type Condition =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly modRevision: number };

export type Write =
  | { readonly key: string; readonly value: string | Uint8Array; readonly lease?: string | undefined }
  | { readonly key: string; readonly remove: true };

export interface TxnResult {
  readonly succeeded: boolean;
  readonly revision: number;
}

export interface EtcdClient {
  get(key: string): Promise<Entry | undefined>;
  list(prefix: string): Promise<Listing>;
  /** All writes, if all conditions hold. After an outage during the call nobody knows whether it was done: read again. */
  txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult>;
  put(key: string, value: string | Uint8Array, lease?: string): Promise<number>;
  remove(key: string): Promise<void>;
  grant(ttlSeconds: number): Promise<string>;
  /** Seconds that the lease has again; 0 = it is over. */
  keepAlive(lease: string): Promise<number>;
  revoke(lease: string): Promise<void>;
  watch(start: WatchStart): Promise<OpenWatch>;
  close(): Promise<void>;
}

export function etcdClient(options: EtcdOptions): EtcdClient {
  const transport = etcdTransport(options);
  const call = (path: string, body: Json): Promise<Json> => transport.call(path, body);

  async function list(range: Json): Promise<Listing> {
    const answer = await call("/v3/kv/range", range);
    return { revision: revisionOf(answer), entries: asList(answer["kvs"]).map(entryOf) };
  }

  return {
    get: async (key) => (await list({ key: base64(key) })).entries[0],
    list: (prefix) => list({ key: base64(prefix), range_end: base64(prefixEnd(prefix)) }),
    async txn(conditions, writes) {
      const answer = await call("/v3/kv/txn", { compare: conditions.map(compare), success: writes.map(operation) });
      return { succeeded: answer["succeeded"] === true, revision: revisionOf(answer) };
    },
    put: async (key, value, lease) => revisionOf(await call("/v3/kv/put", putRequest({ key, value, lease }))),
    async remove(key) {
      await call("/v3/kv/deleterange", { key: base64(key) });
    },
    grant: async (ttlSeconds) => asText((await call("/v3/lease/grant", { TTL: ttlSeconds }))["ID"]),
    async keepAlive(lease) {
      const answer = await call("/v3/lease/keepalive", { ID: lease });
      return asInt(asObject(answer["result"])["TTL"]);
    },
    async revoke(lease) {
      await call("/v3/lease/revoke", { ID: lease });
    },
    watch: (start) => openWatch(transport, start),
    close: () => transport.close(),
  };
}

function revisionOf(answer: Json): number {
  return asInt(asObject(answer["header"])["revision"]);
}

function compare(condition: Condition): Json {
  const { key } = condition;
  if ("createRevision" in condition)
    return { key: base64(key), target: "CREATE", result: "EQUAL", create_revision: String(condition.createRevision) };
  return { key: base64(key), target: "MOD", result: "EQUAL", mod_revision: String(condition.modRevision) };
}

function operation(write: Write): Json {
  if ("remove" in write) return { request_delete_range: { key: base64(write.key) } };
  return { request_put: putRequest(write) };
}

function putRequest({ key, value, lease }: Exclude<Write, { remove: true }>): Json {
  return { key: base64(key), value: base64(value), ...(lease !== undefined && { lease }) };
}
