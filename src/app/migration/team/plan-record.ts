// A plan as the leader writes it down for all gateways: its state, and which of their counts are in it.
import { LOG_FORMAT, type PlanState } from "../../../migration/index.ts";
import type { LegReport, Taken } from "./leg-book.ts";

export interface PlanRecord {
  readonly state: PlanState;
  readonly taken: Taken;
}

export function encodeRecord(record: PlanRecord): string {
  return JSON.stringify({ format: LOG_FORMAT, ...record });
}

/** Undefined for none, for another plan's, and for one of a newer release. */
export function decodeRecord(text: string | undefined, plan: string): PlanRecord | undefined {
  const record: { format?: number; state?: PlanState; taken?: Taken } = parsed(text) ?? {};
  const { format, state, taken } = record;
  if (format !== LOG_FORMAT || state?.plan?.name !== plan || state.weight === undefined) return undefined;
  return { state, taken: taken ?? {} };
}

export function decodeReport(text: string): LegReport | undefined {
  const report: Partial<LegReport> = parsed(text) ?? {};
  const { intervals, legacy, candidate, windows, ttftP99Ms, breaker } = report;
  if (intervals === undefined || legacy === undefined || candidate === undefined || windows === undefined)
    return undefined;
  return { intervals, legacy, candidate, windows, ttftP99Ms, breaker };
}

function parsed(text: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
