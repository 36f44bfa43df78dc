// What one request is promised: what it may ask for itself, else its tenant's objectives, else the deployment's.
import type { IncomingHttpHeaders } from "node:http";
import { isPriorityClass, type PriorityClass } from "../../admission/index.ts";
import type { Promised } from "../../routing/index.ts";
import type { GatewayModel } from "../options.ts";
import type { RequestRecord } from "../record.ts";
import { ownSlo } from "../slo.ts";
import type { Client } from "../tenancy/tenancy.ts";

const SLO_HEADER = "x-slo-ttft-ms";
const CLASS_HEADER = "x-switchgear-class";
const LONGEST_SLO_MS = 3_600_000;

export interface Promising {
  readonly client: Client | undefined;
  readonly model: Pick<GatewayModel, "admission" | "slo">;
  readonly headers: IncomingHttpHeaders;
}

/** Undefined = nothing is. */
export function promisedTo(asked: Promising): Promised | undefined {
  const { client, model, headers } = asked;
  const { ttftP99Ms, itlP99Ms: itlMs } = ownSlo(client?.slo, model.slo);
  const maySay = model.admission?.sloHeader === true && client?.sloHeader !== false;
  const said = maySay ? sloOf(headers[SLO_HEADER]) : undefined;
  // Batch has time, unless it says that it has not.
  const ttftMs = said ?? (classOf(asked) === "batch" ? undefined : ttftP99Ms);
  return ttftMs === undefined && itlMs === undefined ? undefined : { ttftMs, itlMs };
}

type Waited = Pick<RequestRecord, "promised" | "arrivedAt" | "readAt">;

/** What is left of it for a request that has waited. */
export function leftOf({ promised, arrivedAt, readAt = arrivedAt }: Waited, now: number): Promised | undefined {
  if (promised?.ttftMs === undefined) return promised;
  return { ...promised, ttftMs: Math.max(0, readAt + promised.ttftMs - now) };
}

/** A client may lower its class, never raise it. */
export function classOf({ client, model, headers }: Promising): PriorityClass {
  const header = model.admission?.classHeader === true ? headers[CLASS_HEADER] : undefined;
  const given = client?.priority;
  const own = given ?? "default";
  return header === "batch" || (given === undefined && isPriorityClass(header) && header !== "system") ? header : own;
}

function sloOf(header: unknown): number | undefined {
  const value = Number(typeof header === "string" && header.trim() !== "" ? header : Number.NaN);
  return value > 0 && value <= LONGEST_SLO_MS ? value : undefined;
}
