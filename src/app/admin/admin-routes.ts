// The paths of the admin API: what each answers; the OpenAPI document is made from this table.
import { LAUNCHER_ROUTES } from "./launcher-routes.ts";
import { MIGRATION_ROUTES } from "./migration-routes.ts";
import { SCALE_ROUTES } from "./scale-routes.ts";
import { TENANT_ROUTES } from "./tenant-routes.ts";

export interface AdminRoute {
  readonly method: "GET" | "POST";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly answer: string;
  /** Without a token: only what tells nothing about traffic. */
  readonly open?: boolean;
  /** Reads a JSON object; the other routes ignore what is sent. */
  readonly takesBody?: boolean;
  /** What the object may hold; undefined = the handler says. */
  readonly members?: readonly string[];
  /** May answer 409: not now, not safe, or another version was seen. */
  readonly refuses?: boolean;
}

export const ADMIN_ROUTES = {
  openapi: { method: "GET", path: "/openapi.json", summary: "This document", answer: "OpenAPI 3.1", open: true },
  workers: {
    method: "GET",
    path: "/admin/v1/workers",
    summary: "All workers: state, facts, load, mismatches",
    answer: "{workers: […]}",
  },
  worker: { method: "GET", path: "/admin/v1/workers/{id}", summary: "One worker", answer: "A worker" },
  drain: {
    method: "POST",
    path: "/admin/v1/workers/{id}/drain",
    summary: "No new requests; what still runs after `deadlineMs` goes on elsewhere",
    answer: "The worker",
    takesBody: true,
    members: ["deadlineMs"],
  },
  undrain: {
    method: "POST",
    path: "/admin/v1/workers/{id}/undrain",
    summary: "Takes a drain back; a worker that sleeps, or was stopped, is resumed instead",
    answer: "The worker",
    refuses: true,
  },
  receipt: {
    method: "GET",
    path: "/admin/v1/requests/{id}",
    summary: "Why a request went where it went, and what happened",
    answer: "A receipt",
  },
  index: {
    method: "GET",
    path: "/admin/v1/index",
    summary: "Health of the KV index and of each worker's event feed",
    answer: "{index, feeds}",
  },
  config: {
    method: "GET",
    path: "/admin/v1/config",
    summary: "The configuration in force, without secrets",
    answer: "{deployments: […], reload: the last one, if any}",
  },
  reload: {
    method: "POST",
    path: "/admin/v1/reload",
    summary: "Reads the deployment files again and applies them, all or nothing",
    answer: "{result: applied | unchanged | rejected, reason, …}",
  },
  ...MIGRATION_ROUTES,
  ...TENANT_ROUTES,
  ...SCALE_ROUTES,
  ...LAUNCHER_ROUTES,
} as const satisfies Record<string, AdminRoute>;

export type AdminRouteName = keyof typeof ADMIN_ROUTES;

export interface MatchedRoute {
  readonly name: AdminRouteName;
  readonly route: AdminRoute;
  /** The value of `{id}`, decoded; `""` when the path has none. */
  readonly id: string;
}

/** Undefined = no such path; a known path with another method gives `method`. */
export function matchAdminRoute(method: string, path: string): MatchedRoute | "method" | undefined {
  let known = false;
  for (const [name, route] of Object.entries(ADMIN_ROUTES) as [AdminRouteName, AdminRoute][]) {
    const id = matchPath(route.path, path);
    if (id === undefined) continue;
    if (route.method === method) return { name, route, id };
    known = true;
  }
  return known ? "method" : undefined;
}

function matchPath(pattern: string, path: string): string | undefined {
  const [want, have] = [pattern.split("/"), path.split("/")];
  if (want.length !== have.length) return undefined;
  let id = "";
  for (const [i, part] of want.entries()) {
    const found = have[i] ?? "";
    if (part === "{id}" && found !== "") id = decode(found);
    else if (part !== found) return undefined;
  }
  return id;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
