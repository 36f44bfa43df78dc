// The x-switchgear-route header: where a request went and what was expected, in one line for operators.
import type { LegRecord } from "./record.ts";

export function routeHeader({ worker, decision, prediction, arm }: LegRecord): string {
  const parts = [`worker=${worker}`, `policy=${decision.policy}`, `reason="${decision.reason}"`];
  if (arm !== undefined) parts.push(`arm=${arm}`);
  if (prediction.known) parts.push(`cached=${prediction.cachedTokens}`);
  if (prediction.ttftMs !== undefined) parts.push(`ttft_ms=${prediction.ttftMs.toFixed(1)}`);
  // A worker id may hold anything a deployment file can.
  return parts.join("; ").replaceAll(/[^\x20-\x7e]/g, "?");
}
