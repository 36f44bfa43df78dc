// The seed's rollback rule and its messages to the letter; detector `fixedWindow` decides by it.
import { pythonFloat, pythonPercent } from "../../core/index.ts";

/** Rates of the last check; what is missing counts as the seed counts it. */
export interface SeedMetrics {
  readonly error_rate?: number;
  readonly ttft_p99_ms?: number;
  readonly vllm_ttft_baseline_ms?: number;
  readonly timeout_rate?: number;
}

export const SEED_BASELINE_MS = 500;
export const ROLLBACK_COMPLETE = "ROLLBACK COMPLETE: All traffic shifted to vLLM";

/** The texts of the triggers that fire; empty while all is well. */
export function seedTriggers(metrics: SeedMetrics): readonly string[] {
  const triggers: string[] = [];
  const { error_rate: errors = 0, ttft_p99_ms: ttft = 0, timeout_rate: timeouts = 0 } = metrics;
  if (errors > 0.01) triggers.push(errorText(errors));
  if (ttft > (metrics.vllm_ttft_baseline_ms ?? SEED_BASELINE_MS) * 2) triggers.push(ttftText(ttft));
  if (timeouts > 0.05) triggers.push(timeoutText(timeouts));
  return triggers;
}

export function errorText(rate: number, tolerated = 0.01): string {
  return `Error rate ${pythonPercent(rate, 1)} > ${percentOf(tolerated)}`;
}

export function ttftText(p99Ms: number): string {
  return `TTFT ${pythonFloat(p99Ms)}ms > 2x baseline`;
}

export function timeoutText(rate: number, tolerated = 0.05): string {
  return `Timeout rate ${pythonPercent(rate, 1)} > ${percentOf(tolerated)}`;
}

export function rollbackTriggered(triggers: readonly string[]): string {
  return `ROLLBACK TRIGGERED: ${triggers.join("; ")}`;
}

/** 0.01 → 1%, 0.025 → 2.5%. */
function percentOf(rate: number): string {
  return `${Number((rate * 100).toPrecision(6))}%`;
}
