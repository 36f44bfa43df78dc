// What must outlive the process about tenants: keys, the ledger, one secret.
import type { KeyRow } from "./key-row.ts";
import type { UsageFilter, UsageRow, UsageSum } from "./usage-row.ts";

export interface TenantStore {
  readonly kind: "sqlite" | "postgres";
  keys(): Promise<readonly KeyRow[]>;
  /** Another number when keys may have changed; cheap. */
  keysVersion(): Promise<number>;
  /** Inserts, or changes the end and the label of the one with this id; what was revoked stays so. */
  saveKey(key: KeyRow): Promise<void>;
  /** Random bytes, the same for all who use this store. */
  secret(): Promise<Buffer>;
  /** All or none; rows that are already there stay once. */
  append(rows: readonly UsageRow[]): Promise<void>;
  rows(filter: UsageFilter): Promise<readonly UsageRow[]>;
  /** Of whole days, kept beside the rows: reading them takes no longer with more requests. */
  sums(filter: Pick<UsageFilter, "from" | "to" | "tenant">): Promise<readonly UsageSum[]>;
  /** Adds to counters shared by all gateways and tells their new values, in the order given. */
  count(spent: readonly SharedCount[]): Promise<readonly number[]>;
  /** Some of what is old enough: rows, whose days' sums stay, old sums and counters. Returns how many rows went. */
  forget(old: OldUsage): Promise<number>;
  close(): Promise<void>;
}

/** Each an epoch in ms; what is earlier goes. */
export interface OldUsage {
  readonly rowsBefore: number;
  readonly sumsBefore: number;
  readonly countsBefore: number;
}

export interface SharedCount {
  readonly name: string;
  /** Start of the window, epoch ms. */
  readonly window: number;
  readonly by: number;
  /** What a counter that is not there yet begins with; default: 0. */
  readonly seed?: number | undefined;
}
