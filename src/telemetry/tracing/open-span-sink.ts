// Loads the OpenTelemetry SDK when tracing is on, and only then.
import type { SinkOptions } from "./otlp-sink.ts";
import type { SpanSink } from "./span-sink.ts";

export async function openSpanSink(options: SinkOptions): Promise<SpanSink> {
  const { otlpSink } = await import("./otlp-sink.ts");
  return otlpSink(options);
}
