// A gateway's tracing: begins a trace for each request, and hands the spans of the kept ones to the sink at their end.
import type { Random } from "../../core/index.ts";
import {
  type RequestTrace,
  type Sampling,
  type SpanSink,
  type TraceSource,
  traceSource,
} from "../../telemetry/index.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import { requestSpans } from "./request-spans.ts";

export interface TracingOptions extends Sampling {
  readonly sink: SpanSink;
}

export interface Tracing extends TraceSource {
  ended(record: RequestRecord, outcome: Outcome, endedAt: number): void;
}

interface Ids {
  readonly newId: () => string;
  readonly random: Random;
}

export function tracing({ sink, ...sampling }: TracingOptions, { newId, random }: Ids): Tracing {
  const source = traceSource(sampling, newId, random);
  const { newSpanId } = source;
  return {
    ...source,
    ended(record, outcome, endedAt) {
      const trace: RequestTrace | undefined = record.trace;
      if (trace?.sampled === true) sink.add(requestSpans({ record, trace, outcome, endedAt, newSpanId }));
    },
  };
}
