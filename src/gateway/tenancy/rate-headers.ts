// What is left of a tenant's limits, in OpenAI's headers.
import type { Grant } from "../../admission/index.ts";

export function rateHeaders({ left, beyondSoft }: Pick<Grant, "left" | "beyondSoft">): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ["requests", "tokens"] as const) {
    const one = left[name];
    if (one === undefined) continue;
    headers[`x-ratelimit-limit-${name}`] = String(one.limit);
    headers[`x-ratelimit-remaining-${name}`] = String(one.remaining);
    headers[`x-ratelimit-reset-${name}`] = duration(one.resetMs);
  }
  if (beyondSoft) headers["x-switchgear-budget"] = "soft-limit-exceeded";
  return headers;
}

/** As OpenAI writes them: 120ms, 6s, 1m30s. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "1m0s";
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
