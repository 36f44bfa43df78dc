// Starts a request's trace: continues the client's or makes one, and decides once whether its spans are kept.
import type { Random } from "../../core/index.ts";
import { parseTraceparent } from "./trace-context.ts";

export interface RequestTrace {
  readonly traceId: string;
  /** Of the request's own span, the root of ours. */
  readonly spanId: string;
  /** The client's span; undefined when the trace starts here. */
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
}

export interface Sampling {
  /** 0…1, of the requests that no client decided for. */
  readonly sampleRatio: number;
  /** A client's sampled flag decides, either way. */
  readonly parentBased: boolean;
}

export interface TraceSource {
  /** `requestId` becomes the trace id where the client sent none, so that one id finds everything. */
  begin(traceparent: string | string[] | undefined, requestId: string): RequestTrace;
  readonly newSpanId: () => string;
}

const TRACE_ID = /^(?!0{32})[\da-f]{32}$/;

/** `newId`: 32 random hexadecimal digits. */
export function traceSource({ sampleRatio, parentBased }: Sampling, newId: () => string, random: Random): TraceSource {
  const newSpanId = () => newId().slice(0, 16);
  return {
    newSpanId,
    begin(traceparent, requestId) {
      const parent = typeof traceparent === "string" ? parseTraceparent(traceparent) : undefined;
      const decided = parentBased ? parent?.sampled : undefined;
      return {
        traceId: parent?.traceId ?? (TRACE_ID.test(requestId) ? requestId : newId()),
        spanId: newSpanId(),
        parentSpanId: parent?.spanId,
        sampled: decided ?? random.next() < sampleRatio,
      };
    },
  };
}
