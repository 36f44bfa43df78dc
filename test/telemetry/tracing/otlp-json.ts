// Reads OTLP's JSON of traces (opentelemetry-proto's JSON mapping).
import type { ReceivedSpan, SpanValue } from "./received-span.ts";

interface JsonValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly JsonValue[] };
}

interface JsonPair {
  readonly key: string;
  readonly value: JsonValue;
}

interface JsonSpan extends Pick<ReceivedSpan, "traceId" | "spanId" | "name" | "kind"> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly JsonPair[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonPair[] };
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

export function spansOfJson(request: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(request.toString()) as JsonRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => readSpan(span, pairs(resource.attributes)))),
  );
}

function readSpan(span: JsonSpan, resource: Readonly<Record<string, SpanValue>>): ReceivedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    name: span.name,
    kind: span.kind,
    parentSpanId: span.parentSpanId ?? "",
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: pairs(span.attributes),
    events: span.events.map((event) => event.name),
    error: span.status.code === 2,
    resource,
  };
}

function pairs(list: readonly JsonPair[]): Record<string, SpanValue> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: JsonValue): SpanValue {
  if (arrayValue !== undefined) return arrayValue.values.map((one) => String(valueOf(one)));
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue);
}
