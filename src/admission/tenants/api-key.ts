// API keys: `swg_ID_SECRET`. The id finds the stored hash and may be shown; the secret is random, so one SHA-256 is enough.
import { hash, timingSafeEqual } from "node:crypto";
import type { KeyRow } from "../../state/index.ts";

/** `swg_`, 12 digits of the id, `_`, 43 characters of the secret. */
const KEY_LENGTH = 60;
const ID_FROM = 4;
const ID_TO = 16;

/** Undefined when the text cannot be a key of ours; whether it is one, its hash decides. */
function keyIdOf(text: string): string | undefined {
  return text.length === KEY_LENGTH && looksLikeKey(text) && text[ID_TO] === "_"
    ? text.slice(ID_FROM, ID_TO)
    : undefined;
}

/** Meant as one of our keys, perhaps mistyped. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith("swg_");
}

/** `bytes`: 6 for the id, 32 for the secret, from a source fit for secrets. */
export function newApiKey(bytes: Buffer): { readonly key: string; readonly id: string; readonly hash: string } {
  if (bytes.length !== 38) throw new RangeError("a key is made from 38 random bytes");
  const id = bytes.toString("hex", 0, 6);
  const key = `swg_${id}_${bytes.toString("base64url", 6)}`;
  return { key, id, hash: hashOf(key).toString("hex") };
}

function hashOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

export function isLive({ expiresAt, revokedAt }: KeyRow, epoch: number): boolean {
  return (revokedAt === undefined || revokedAt > epoch) && (expiresAt === undefined || expiresAt > epoch);
}

export interface KeyTable {
  /** The key that `text` is, while it may be used. */
  find(text: string, epoch: number): KeyRow | undefined;
  replace(keys: readonly KeyRow[]): void;
  readonly all: readonly KeyRow[];
}

interface Row {
  readonly key: KeyRow;
  readonly hash: Buffer;
}

/** Found by its public id, compared as a hash: the time taken tells nothing about any secret. */
export function keyTable(): KeyTable {
  const nobody = Buffer.alloc(32);
  let rows = new Map<string, Row>();
  let all: readonly KeyRow[] = [];
  return {
    find(text, epoch) {
      const id = keyIdOf(text);
      if (id === undefined) return undefined;
      const row = rows.get(id);
      const equal = timingSafeEqual(hashOf(text), row?.hash ?? nobody);
      return equal && row !== undefined && isLive(row.key, epoch) ? row.key : undefined;
    },
    replace(keys) {
      rows = new Map(keys.map((key) => [key.id, { key, hash: Buffer.from(key.hash, "hex") }]));
      all = keys;
    },
    get all() {
      return all;
    },
  };
}
