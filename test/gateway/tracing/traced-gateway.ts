// A gateway that sends its traces to a collector, soon.
import { createMetrics, type Metrics, openSpanSink, type Sampling, silentLog } from "../../../src/telemetry/index.ts";
import type { SinkLimits } from "../../../src/telemetry/tracing/otlp-sink.ts";
import { closeAfterTest } from "../../core/closing.ts";
import type { CollectorServer } from "../../telemetry/tracing/collectors.ts";
import type { ReceivedSpan } from "../../telemetry/tracing/received-span.ts";
import { type GatewaySetup, testGateway, type TestGateway } from "../harness.ts";

export interface TracedGateway extends TestGateway {
  /** Where the sink counts. */
  readonly traceMetrics: Metrics;
}

interface Tracing extends Partial<Sampling> {
  readonly collector: Pick<CollectorServer, "protocol" | "endpoint">;
  readonly limits?: Partial<SinkLimits>;
}

export async function tracedGateway(
  setup: GatewaySetup,
  { collector, limits, ...sampling }: Tracing,
): Promise<TracedGateway> {
  const traceMetrics = createMetrics();
  const sink = await openSpanSink({
    collector,
    resource: { "service.name": "switchgear" },
    metrics: traceMetrics,
    log: silentLog,
    limits: { delayMs: 10, exportMs: 500, ...limits },
  });
  closeAfterTest(() => sink.close());
  const tracing = { sink, sampleRatio: 1, parentBased: true, ...sampling };
  const gateway = await testGateway({ ...setup, options: { ...setup.options, tracing } });
  return Object.assign(gateway, { traceMetrics });
}

export function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] {
  return spans.filter((one) => one.name === name);
}

export function rootOf(spans: readonly ReceivedSpan[]): ReceivedSpan {
  const root = spans.find((one) => one.kind === 2);
  if (root === undefined) throw new Error("no root span");
  return root;
}

export async function spanCount(metrics: Metrics, result: string): Promise<number> {
  const page = await metrics.page();
  return Number(new RegExp(`switchgear_trace_spans_total\\{result="${result}"\\} (\\d+)`).exec(page)?.[1] ?? 0);
}
