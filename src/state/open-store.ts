// The store of a gateway: PostgreSQL where an address is given, else SQLite.
import { sqliteStore } from "./sqlite-store.ts";
import type { TenantStore } from "./tenant-store.ts";

export async function openStore(file: string, databaseUrl: string | undefined): Promise<TenantStore> {
  if (databaseUrl === undefined || databaseUrl === "") return sqliteStore(file);
  const { postgresStore } = await import("./postgres-store.ts");
  return postgresStore(databaseUrl);
}
