// What clients may tell the workers: one table, one row a control; what is stripped never reaches a worker.
import type { IncomingHttpHeaders } from "node:http";
import type { ControlPolicy, WorkerControl } from "../config/index.ts";
import type { JsonObject } from "../vllm/index.ts";
import { type Refusal, refusal } from "./refusal.ts";

interface ControlEntry {
  readonly in: "body" | "header";
  /** As the worker reads it; headers in lower case. */
  readonly name: string;
}

export const CONTROLS: Readonly<Record<WorkerControl, ControlEntry>> = {
  // Names a host and port that the worker connects to.
  kvTransferParams: { in: "body", name: "kv_transfer_params" },
  ecTransferParams: { in: "body", name: "ec_transfer_params" },
  dataParallelRankHeader: { in: "header", name: "x-data-parallel-rank" },
  priorityHeader: { in: "header", name: "x-vllm-priority" },
  // Two clients could choose the same one; also part of the answer's id.
  requestId: { in: "body", name: "request_id" },
  sessionId: { in: "body", name: "session_id" },
  vllmXargs: { in: "body", name: "vllm_xargs" },
  priority: { in: "body", name: "priority" },
  cacheSalt: { in: "body", name: "cache_salt" },
};

const ENTRIES = Object.entries(CONTROLS) as readonly (readonly [WorkerControl, ControlEntry])[];

export interface ControlsApplied {
  /** Body keys to take out. */
  readonly remove: readonly string[];
  /** Headers that go to the worker. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ControlsIn {
  /** Undefined for a body that is not JSON. */
  readonly fields: JsonObject | undefined;
  readonly headers: IncomingHttpHeaders;
}

const NOTHING: ControlsApplied = { remove: [], headers: {} };

export function applyControls(
  { fields, headers }: ControlsIn,
  policies: Readonly<Record<WorkerControl, ControlPolicy>>,
): ControlsApplied | Refusal {
  let remove: string[] | undefined;
  let allowed: Record<string, string> | undefined;
  for (const [control, entry] of ENTRIES) {
    const present =
      entry.in === "body" ? fields !== undefined && Object.hasOwn(fields, entry.name) : entry.name in headers;
    if (!present) continue;
    const policy = policies[control];
    if (policy === "reject") return rejected(entry);
    if (policy === "strip" && entry.in === "body") (remove ??= []).push(entry.name);
    if (policy === "allow" && entry.in === "header") (allowed ??= {})[entry.name] = String(headers[entry.name]);
  }
  if (remove === undefined && allowed === undefined) return NOTHING;
  return { remove: remove ?? [], headers: allowed ?? {} };
}

function rejected({ in: place, name }: ControlEntry): Refusal {
  const what = place === "header" ? `The header ${name}` : `The field \`${name}\``;
  return refusal(400, `${what} is not accepted from clients.`, { param: name });
}
