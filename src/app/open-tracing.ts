// Traces as the deployment asks for them; undefined when it does not.
import { hostname } from "node:os";
import type { Deployment } from "../config/index.ts";
import type { GatewayOptions } from "../gateway/index.ts";
import { type Log, type Metrics, openSpanSink } from "../telemetry/index.ts";
import { VERSION } from "../version.ts";

interface Surroundings {
  readonly metrics: Metrics;
  readonly log: Log;
}

export async function openTracing(
  settings: Deployment["monitoring"]["tracing"],
  { metrics, log }: Surroundings,
): Promise<GatewayOptions["tracing"]> {
  const { enabled, endpoint, protocol, sampleRatio, parentBased } = settings;
  if (!enabled || endpoint === undefined) return undefined;
  const resource = { "service.name": "switchgear", "service.version": VERSION, "host.name": hostname() };
  const sink = await openSpanSink({ collector: { protocol, endpoint }, resource, metrics, log });
  return { sink, sampleRatio, parentBased };
}
