// The spans of a request that has ended, made from its record: one for the request, one for each phase, one for each leg.
import type { Attributes, FinishedSpan, RequestTrace, SpanEvent } from "../../telemetry/index.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import { countedUsage } from "../usage.ts";
import { NAMES, OWN_NAMES } from "./attribute-names.ts";
import { legSpans } from "./leg-spans.ts";
import { genAi } from "./operation.ts";
import { type SpanPart, spanMaker, type SpanMaker } from "./span-maker.ts";

export interface Ended {
  readonly record: RequestRecord;
  readonly trace: RequestTrace;
  readonly outcome: Outcome;
  /** Milliseconds of the clock. */
  readonly endedAt: number;
  readonly newSpanId: () => string;
}

export function requestSpans(ended: Ended): FinishedSpan[] {
  const { record, trace, newSpanId } = ended;
  const make = spanMaker({ trace, newSpanId, offset: record.arrivedEpoch - record.arrivedAt });
  return [requestSpan(ended, make), ...phaseSpans(ended).map(make), ...legSpans(ended).map(make)];
}

function requestSpan({ record, trace, outcome, endedAt }: Ended, make: SpanMaker): FinishedSpan {
  const span = make({
    name: `POST ${record.route}`,
    kind: "server",
    from: record.arrivedAt,
    to: endedAt,
    attributes: { ...requestAttributes(record, outcome), ...usageAttributes(record) },
    events: requestEvents(record, { outcome, endedAt }),
    errorType: errorOf(record, outcome),
  });
  const { spanId, parentSpanId } = trace;
  return { ...span, spanId, parentSpanId, remoteParent: parentSpanId !== undefined };
}

function requestAttributes(record: RequestRecord, outcome: Outcome): Attributes {
  const { firstTokenAt, readAt } = record;
  const streamed = record.stream && firstTokenAt !== undefined && readAt !== undefined;
  return {
    [NAMES.method]: "POST",
    [NAMES.route]: record.route,
    [NAMES.status]: record.status === 0 ? undefined : record.status,
    ...genAi(record),
    [NAMES.stream]: record.stream,
    [NAMES.finishReasons]: record.finishReason === undefined ? undefined : [record.finishReason],
    [NAMES.firstChunk]: streamed ? (firstTokenAt - readAt) / 1000 : undefined,
    [OWN_NAMES.requestId]: record.id,
    [OWN_NAMES.outcome]: outcome,
    [OWN_NAMES.abortedIn]: outcome === "aborted" ? record.phase : undefined,
  };
}

function usageAttributes(record: RequestRecord): Attributes {
  if (record.legs.length === 0) return {};
  const usage = countedUsage(record);
  return {
    [NAMES.inputTokens]: usage.promptTokens,
    [NAMES.outputTokens]: usage.completionTokens,
    [NAMES.cachedTokens]: usage.cachedTokens,
    [OWN_NAMES.usageEstimated]: usage.estimated,
  };
}

function requestEvents(
  record: RequestRecord,
  { outcome, endedAt }: { readonly outcome: Outcome; readonly endedAt: number },
): (Omit<SpanEvent, "at"> & { readonly when: number })[] {
  const finish = { name: "finish", when: endedAt, attributes: { [OWN_NAMES.outcome]: outcome } };
  const { firstTokenAt } = record;
  if (firstTokenAt === undefined) return [finish];
  return [{ name: "first token", when: firstTokenAt, attributes: {} }, finish];
}

/** A client's own fault, or its leaving, is no error of a server's span. */
function errorOf(record: RequestRecord, outcome: Outcome): string | undefined {
  const status = String(record.status);
  if (outcome === "failed" || outcome === "interrupted") return record.legs.at(-1)?.failure ?? status;
  return outcome === "upstream_error" && record.status >= 500 ? status : undefined;
}

/** What happened before the first leg; the phase that the request ended in lasts until its end. */
function phaseSpans({ record, endedAt }: Ended): SpanPart[] {
  const { arrivedAt, readAt, parsedAt, identifiedAt } = record;
  const phases: [string, number | undefined, number | undefined, Attributes][] = [
    ["read", arrivedAt, readAt, {}],
    ["parse", readAt, parsedAt, {}],
    ["identify", parsedAt, identifiedAt, identityAttributes(record)],
    ["queue", identifiedAt, record.legs[0]?.routedAt, {}],
  ];
  return phases.flatMap(([name, from, to, attributes]) => {
    return from === undefined ? [] : [{ name, kind: "internal", from, to: to ?? endedAt, attributes }];
  });
}

function identityAttributes({ promptTokens, promptTokensExact }: RequestRecord): Attributes {
  if (promptTokens === undefined) return {};
  return { [OWN_NAMES.promptTokens]: promptTokens, [OWN_NAMES.promptTokensExact]: promptTokensExact };
}
