// The trace context that a leg carries to its worker: the leg's own span is the parent of what the worker records.
import { formatTraceparent, type RequestTrace } from "../../telemetry/index.ts";

/** `tracestate` belongs to the client's trace and goes on only with it. */
export function tracedHeaders(
  headers: Record<string, string>,
  trace: RequestTrace | undefined,
  spanId: string | undefined,
): Record<string, string> {
  if (trace === undefined || spanId === undefined) return headers;
  const { traceId, sampled, parentSpanId } = trace;
  const traced: Record<string, string> = { ...headers, traceparent: formatTraceparent({ traceId, spanId, sampled }) };
  if (parentSpanId === undefined) delete traced["tracestate"];
  return traced;
}
