// The paths of the admin API about tenants: keys, use, reports.
import type { AdminRoute } from "./admin-routes.ts";

const KEYS = "/admin/v1/tenants/keys";

export const TENANT_ROUTES = {
  tenants: {
    method: "GET",
    path: "/admin/v1/tenants",
    summary: "Tenants of the file, and all keys; never a key itself",
    answer: "{tenants: […], keys: […]}",
  },
  tenantKeyCreate: {
    method: "POST",
    path: KEYS,
    summary: "A new key for `tenant`, with `label`, `expiresInSeconds`, `role` (client or admin); shown once",
    answer: "{key, id, tenant, …}",
    takesBody: true,
    members: ["tenant", "label", "expiresInSeconds", "role"],
  },
  tenantKeyRotate: {
    method: "POST",
    path: `${KEYS}/{id}/rotate`,
    summary: "A new key in its place; the old one is good for `overlapSeconds` more",
    answer: "{key, id, replaces, …}",
    takesBody: true,
    members: ["overlapSeconds", "expiresInSeconds"],
    refuses: true,
  },
  tenantKeyRevoke: {
    method: "POST",
    path: `${KEYS}/{id}/revoke`,
    summary: "Ends a key now; the last admin key only with `force`",
    answer: "The key's row",
    takesBody: true,
    members: ["force"],
    refuses: true,
  },
  tenantUsage: {
    method: "POST",
    path: "/admin/v1/tenants/usage",
    summary:
      "Rows of the ledger: `from` and `to` (epoch ms), `after` (id of a row at `from`), `tenant`, `limit` (at most 100,000)",
    answer: "{rows: […], next: {from, after} where there may be more}",
    takesBody: true,
    members: ["from", "to", "after", "tenant", "limit"],
  },
  tenantReport: {
    method: "POST",
    path: "/admin/v1/tenants/report",
    summary: "Sums by tenant, key and model of a `month` (YYYY-MM), perhaps of one `tenant`",
    answer: "{month, sums: […]}",
    takesBody: true,
    members: ["month", "tenant"],
  },
} as const satisfies Record<string, AdminRoute>;
