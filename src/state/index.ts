// What must survive: keys of tenants and the ledger, in SQLite or PostgreSQL.
export type { KeyRow } from "./key-row.ts";
export { type Ledger, ledger } from "./ledger.ts";
export { openStore } from "./open-store.ts";
export type { OldUsage, SharedCount, TenantStore } from "./tenant-store.ts";
export type { UsageFilter, UsageRow, UsageSum } from "./usage-row.ts";
