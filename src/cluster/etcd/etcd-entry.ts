// A key of etcd with its value, as the JSON gateway writes it: base64, int64 as strings.
import { asInt, asText } from "./etcd-answer.ts";
import type { Json } from "./etcd-transport.ts";

export interface Entry {
  readonly key: string;
  readonly value: Buffer;
  /** When the key came into being; 0 = there is none. Grows with every change of the store. */
  readonly createRevision: number;
  readonly modRevision: number;
  /** "0" = none. */
  readonly lease: string;
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString("base64");
}

/** The first key after all that begin with `prefix`. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

export function entryOf(kv: Json): Entry {
  return {
    key: Buffer.from(asText(kv["key"]), "base64").toString(),
    value: Buffer.from(asText(kv["value"]), "base64"),
    createRevision: asInt(kv["create_revision"]),
    modRevision: asInt(kv["mod_revision"]),
    lease: asText(kv["lease"], "0"),
  };
}
