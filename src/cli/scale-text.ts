// A scaling decision in words: what was seen, what was weighed, what was done.
import type { ScaleRecord } from "../autoscaling/index.ts";

export function decisionText({ pool, decision, settings, applied }: ScaleRecord): string {
  const { at, action, current, target, reason, alarm, inputs, alternatives } = decision;
  const what = action === "hold" ? `holds ${current}` : `${action} from ${current} to ${target}`;
  const lines = [
    `${new Date(at).toISOString()} ${pool}: ${what}: ${reason}`,
    `  seen: ${seenText(inputs)}`,
    ...alternatives.map(
      (one) => `  ${one.replicas} workers: ${latencyText(one)}${one.meetsSlo ? ", meets the SLO" : ""}`,
    ),
    ...(settings.mode.kind === "slo"
      ? [`  SLO: ${latencyText(settings.slo)}, of it ${settings.headroom} is used${insteadOf(settings)}`]
      : []),
    ...(alarm === undefined ? [] : [`  alarm: ${alarm}`]),
    ...(applied === "" ? [] : [`  done: ${applied}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function insteadOf({ statedSlo }: ScaleRecord["settings"]): string {
  return statedSlo === undefined ? "" : `; by its tenants, instead of the deployment's ${latencyText(statedSlo)}`;
}

function seenText({ demand, expectedRequestsPerSecond, waiting }: ScaleRecord["decision"]["inputs"]): string {
  if (demand === undefined) return "demand not known";
  const { requestsPerSecond, promptTokens, cachedTokens, outputTokens } = demand;
  return [
    `${round(requestsPerSecond)} requests/s (${round(expectedRequestsPerSecond ?? requestsPerSecond)} expected)`,
    `${round(promptTokens)} prompt tokens (${round(cachedTokens)} cached)`,
    `${round(outputTokens)} output tokens`,
    waiting === undefined ? "waiting not known" : `${round(waiting)} waiting`,
  ].join(", ");
}

/** JSON has null for what is not finite. */
function latencyText({ ttftP99Ms, itlP99Ms }: { ttftP99Ms: number | null; itlP99Ms: number | null }): string {
  const ms = (value: number | null) => (value === null || !Number.isFinite(value) ? "unbounded" : `${round(value)} ms`);
  return `P99 TTFT ${ms(ttftP99Ms)}, ITL ${ms(itlP99Ms)}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
