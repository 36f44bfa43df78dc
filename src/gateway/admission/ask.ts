// What admission knows of a request: whose it is, its class, its deadline and what it will cost.
import { type Entry, isPriorityClass, type PriorityClass } from "../../admission/index.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { ownSlo } from "../slo.ts";

const SLO_HEADER = "x-slo-ttft-ms";
const CLASS_HEADER = "x-switchgear-class";
const ANONYMOUS = "anonymous";
/** Of an answer whose length nobody has limited further. */
const EXPECTED_OUTPUT = 256;
const LONGEST_SLO_MS = 3_600_000;

export type Asked = Pick<Entry<unknown>, "tenant" | "weight" | "priority" | "deadlineAt">;

export function askedOf({ record, accepted, clientHeaders }: ExchangeParts): Asked {
  const { client } = record;
  const { admission, slo } = accepted.model;
  const priority = classOf(client?.priority, admission?.classHeader === true ? clientHeaders[CLASS_HEADER] : undefined);
  const maySay = admission?.sloHeader === true && client?.sloHeader !== false;
  const own = maySay ? sloOf(clientHeaders[SLO_HEADER]) : undefined;
  // Batch has time, unless it says that it has not.
  const ttftMs = own ?? (priority === "batch" ? undefined : ownSlo(client?.slo, slo).ttftP99Ms);
  const from = record.readAt ?? record.arrivedAt;
  return {
    tenant: client?.tenant ?? ANONYMOUS,
    weight: client?.weight ?? 1,
    priority,
    deadlineAt: ttftMs === undefined ? Number.POSITIVE_INFINITY : from + ttftMs,
  };
}

export function expectedOutput({ accepted }: ExchangeParts): number {
  return Math.min(EXPECTED_OUTPUT, accepted.request?.maxTokens ?? EXPECTED_OUTPUT);
}

/** A client may lower its class, never raise it. */
function classOf(given: PriorityClass | undefined, header: unknown): PriorityClass {
  const own = given ?? "default";
  return header === "batch" || (given === undefined && isPriorityClass(header) && header !== "system") ? header : own;
}

function sloOf(header: unknown): number | undefined {
  const value = Number(typeof header === "string" && header.trim() !== "" ? header : Number.NaN);
  return value > 0 && value <= LONGEST_SLO_MS ? value : undefined;
}
