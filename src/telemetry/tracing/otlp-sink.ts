// Spans to a collector over OTLP by the OpenTelemetry SDK; what it cannot take or deliver is dropped and counted.
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { readableSpan } from "./readable-span.ts";
import { type Collector, spanExporter } from "./span-exporter.ts";
import type { SpanSink } from "./span-sink.ts";

export interface SinkOptions {
  readonly collector: Collector;
  /** `service.name`, `service.version` and the like. */
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: Pick<Metrics, "traceSpans">;
  readonly log: Log;
  /** Defaults as of `LIMITS`. */
  readonly limits?: Partial<SinkLimits>;
}

export interface SinkLimits {
  readonly queueSpans: number;
  /** Small, since a batch is encoded in one go on the thread that serves requests. */
  readonly batchSpans: number;
  readonly delayMs: number;
  readonly exportMs: number;
}

const LIMITS: SinkLimits = { queueSpans: 4096, batchSpans: 128, delayMs: 1000, exportMs: 3000 };
/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0;
/** The SDK gives up a batch a little after its exporter does. */
const SLACK_MS = 500;

export function otlpSink({ collector, resource, metrics, log, limits }: SinkOptions): SpanSink {
  const { queueSpans, batchSpans, delayMs, exportMs } = { ...LIMITS, ...limits };
  const about = resourceFromAttributes({ ...resource });
  const waiting = { spans: 0 };
  const exporter = countedExporter(spanExporter(collector, exportMs), { metrics, log, waiting });
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: queueSpans,
    maxExportBatchSize: batchSpans,
    scheduledDelayMillis: delayMs,
    exportTimeoutMillis: exportMs + SLACK_MS,
  });
  return {
    add(spans) {
      if (waiting.spans + spans.length > queueSpans) return metrics.traceSpans("queue_full").inc(spans.length);
      waiting.spans += spans.length;
      for (const span of spans) processor.onEnd(readableSpan(span, about));
    },
    async close() {
      await limited(processor.shutdown(), exportMs + SLACK_MS);
      await limited(exporter.shutdown(), SLACK_MS);
    },
  };
}

interface Counting {
  readonly metrics: Pick<Metrics, "traceSpans">;
  readonly log: Log;
  /** Spans that the processor holds. */
  readonly waiting: { spans: number };
}

/** Counts what went and what was lost; the log tells a change, not each failure. */
function countedExporter(exporter: SpanExporter, { metrics, log, waiting }: Counting): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      waiting.spans -= spans.length;
      exporter.export(spans, (result) => {
        const failed = Number(result.code) !== SUCCESS;
        metrics.traceSpans(failed ? "failed" : "sent").inc(spans.length);
        if (failed && !failing) log.warn({ error: result.error?.message.slice(0, 200) }, "traces are not delivered");
        if (!failed && failing) log.info({}, "traces are delivered again");
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

async function limited(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
