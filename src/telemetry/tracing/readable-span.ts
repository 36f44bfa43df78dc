// A finished span as the OpenTelemetry SDK's exporters read it.
import {
  type Attributes as OtelAttributes,
  type HrTime,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Attributes, FinishedSpan } from "./finished-span.ts";

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;
const SCOPE = { name: "switchgear" };

export function readableSpan(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, errorType } = span;
  const sampled = { traceId, traceFlags: TraceFlags.SAMPLED };
  const parent = parentSpanId === undefined ? undefined : { ...sampled, spanId: parentSpanId };
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => ({ ...sampled, spanId }),
    ...(parent === undefined ? {} : { parentSpanContext: { ...parent, isRemote: span.remoteParent } }),
    startTime: hrTime(span.start),
    endTime: hrTime(span.end),
    duration: hrTime(span.end - span.start),
    status: { code: errorType === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: otelAttributes(span.attributes),
    events: span.events.map((one) => ({
      name: one.name,
      time: hrTime(one.at),
      attributes: otelAttributes(one.attributes),
    })),
    links: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function otelAttributes(attributes: Attributes): OtelAttributes {
  const out: OtelAttributes = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) out[name] = typeof value === "object" ? [...value] : value;
  }
  return out;
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const nanos = Math.round(ms * 1e6);
  return [Math.floor(nanos / 1e9), nanos % 1e9];
}
