// One watch of a prefix at one member: newline-delimited JSON, until it ends, is compacted away or is closed.
import { asInt, asList, asObject, asText, etcdRefusal } from "./etcd-answer.ts";
import { base64, type Entry, entryOf, prefixEnd } from "./etcd-entry.ts";
import type { EtcdTransport, Json } from "./etcd-transport.ts";

export interface WatchStart {
  readonly prefix: string;
  /** First revision that is wanted. */
  readonly from: number;
  readonly signal: AbortSignal;
}

export interface WatchBatch {
  readonly revision: number;
  readonly changes: readonly Change[];
}

export interface Change {
  readonly entry: Entry;
  readonly removed: boolean;
}

export interface OpenWatch {
  /** Throws when the stream breaks or what it should begin with is compacted away: list again then. */
  readonly batches: AsyncIterable<WatchBatch>;
  /** The member watched at: newest revision of the prefix by the word of the whole cluster. Throws when it is cut off from it. */
  newest(): Promise<Newest>;
}

export interface Newest {
  /** Of the store. */
  readonly revision: number;
  /** Of the prefix's last write that was not undone since. */
  readonly modRevision: number;
  readonly count: number;
}

export async function openWatch(transport: EtcdTransport, { prefix, from, signal }: WatchStart): Promise<OpenWatch> {
  const range = { key: base64(prefix), range_end: base64(prefixEnd(prefix)) };
  const request = { create_request: { ...range, start_revision: String(from) } };
  const { origin, body } = await transport.open("/v3/watch", request, signal);
  return {
    batches: batchesOf(origin, body),
    async newest() {
      const last = { ...range, sort_target: "MOD", sort_order: "DESCEND", limit: "1", keys_only: true };
      const answer = await transport.callAt(origin, "/v3/kv/range", last);
      const [newest] = asList(answer["kvs"]).map(entryOf);
      const revision = asInt(asObject(answer["header"])["revision"]);
      return { revision, modRevision: newest?.modRevision ?? 0, count: asInt(answer["count"]) };
    },
  };
}

async function* batchesOf(origin: string, body: AsyncIterable<Uint8Array>): AsyncIterable<WatchBatch> {
  for await (const line of lines(body)) {
    const answer = asObject(JSON.parse(line));
    if (answer["error"] !== undefined) throw etcdRefusal(origin, 500, asObject(answer["error"]));
    const result = asObject(answer["result"]);
    if (result["canceled"] === true)
      throw etcdRefusal(origin, 410, { error: `watch ended: ${asText(result["cancel_reason"], "compacted")}` });
    const changes = asList(result["events"]).map(changeOf);
    yield { revision: asInt(asObject(result["header"])["revision"]), changes };
  }
}

function changeOf(event: Json): Change {
  return { entry: entryOf(asObject(event["kv"])), removed: event["type"] === "DELETE" };
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part !== "") yield part;
  }
}
