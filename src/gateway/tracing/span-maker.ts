// Puts a part of a request into a span of its trace: ids, and the clock's milliseconds as time of day.
import type { Attributes, FinishedSpan, RequestTrace } from "../../telemetry/index.ts";
import { NAMES } from "./attribute-names.ts";

export interface SpanPart {
  readonly name: string;
  readonly kind: FinishedSpan["kind"];
  /** Made before, since the worker was told of it. */
  readonly spanId?: string | undefined;
  /** Milliseconds of the clock. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
  readonly events?: readonly { readonly name: string; readonly when: number; readonly attributes: Attributes }[];
  readonly errorType?: string | undefined;
}

/** The spans are children of the request's own. */
export type SpanMaker = (part: SpanPart) => FinishedSpan;

interface MakerParts {
  readonly trace: RequestTrace;
  readonly newSpanId: () => string;
  /** From the clock to milliseconds since 1970. */
  readonly offset: number;
}

export function spanMaker({ trace, newSpanId, offset }: MakerParts): SpanMaker {
  return ({ name, kind, spanId, from, to, attributes, events = [], errorType }) => ({
    traceId: trace.traceId,
    spanId: spanId ?? newSpanId(),
    parentSpanId: trace.spanId,
    remoteParent: false,
    name,
    kind,
    start: from + offset,
    end: to + offset,
    attributes: errorType === undefined ? attributes : { ...attributes, [NAMES.error]: errorType },
    events: events.map((one) => ({ name: one.name, at: one.when + offset, attributes: one.attributes })),
    errorType,
  });
}
