// The SDK's OTLP exporter for a collector; headers and certificates come from the SDK's own OTEL_EXPORTER_OTLP_* variables.
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

export interface Collector {
  readonly protocol: "grpc" | "http";
  readonly endpoint: string;
}

export function spanExporter({ protocol, endpoint }: Collector, timeoutMillis: number): SpanExporter {
  if (protocol === "grpc") return new GrpcExporter({ url: endpoint, timeoutMillis });
  return new HttpExporter({ url: tracesUrl(endpoint), timeoutMillis });
}

/** As the SDK does with OTEL_EXPORTER_OTLP_ENDPOINT: the path of traces is added unless it is there. */
function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, "");
  return base.endsWith("/v1/traces") ? base : `${base}/v1/traces`;
}
