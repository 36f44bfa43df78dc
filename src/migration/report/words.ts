// Numbers, times and shares as reports and status lines print them.
import type { PlanStatus } from "../plan/status.ts";

export function percentText(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

export function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, "Z");
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** The two largest units: `2 d 4 h`, `30 s`. */
export function durationText(ms: number): string {
  const first = UNITS.findIndex(([, size]) => ms >= size);
  if (first < 0) return `${Math.max(0, Math.round(ms))} ms`;
  let left = ms;
  const parts = UNITS.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? "" : `${count} ${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

export function intervalText(low: number, high: number): string {
  return `${percentText(low)} to ${percentText(high)}`;
}

/** What the probe before the start found; nothing when all was well. */
export function preflightTexts({ preflight }: PlanStatus): readonly string[] {
  const { failures = [], overridden = [] } = preflight ?? {};
  const blocking = failures.filter((one) => !overridden.includes(one));
  const accepted = failures.filter((one) => overridden.includes(one));
  return [
    ...(blocking.length > 0 ? [`preflight failed: ${blocking.join("; ")}`] : []),
    ...(accepted.length > 0 ? [`preflight failures accepted: ${accepted.join("; ")}`] : []),
  ];
}

export function numberText(value: number | null | undefined): string {
  return value === null || value === undefined ? "unknown" : String(Number(value.toPrecision(5)));
}

/** `cold-start 8, size 1`. */
export function countsText(list: Readonly<Record<string, number>>): string {
  const parts = Object.entries(list).map(([name, count]) => `${name} ${count}`);
  return parts.join(", ") || "none";
}
