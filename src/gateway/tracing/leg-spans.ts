// Two spans for each leg: the decision that chose its worker, and the request to it.
import type { Attributes } from "../../telemetry/index.ts";
import type { LegRecord, Outcome, RequestRecord } from "../record.ts";
import { NAMES, OWN_NAMES } from "./attribute-names.ts";
import { genAi } from "./operation.ts";
import type { SpanPart } from "./span-maker.ts";

interface EndedLegs {
  readonly record: RequestRecord;
  readonly outcome: Outcome;
  readonly endedAt: number;
}

export function legSpans({ record, outcome, endedAt }: EndedLegs): SpanPart[] {
  return record.legs.flatMap((leg, nth) => [
    { name: "route", kind: "internal", from: leg.routedAt, to: leg.sentAt, attributes: routeAttributes(leg) },
    {
      name: "leg",
      kind: "client",
      spanId: leg.spanId,
      from: leg.sentAt,
      to: leg.endedAt ?? endedAt,
      attributes: { ...legAttributes(leg, nth), ...genAi(record) },
      errorType: leg.failure ?? statusError(leg, outcome),
    },
  ]);
}

function routeAttributes({ decision, prediction, worker }: LegRecord): Attributes {
  return {
    [OWN_NAMES.policy]: decision.policy,
    [OWN_NAMES.reason]: decision.reason,
    [OWN_NAMES.worker]: worker,
    [OWN_NAMES.overlapTokens]: prediction.known ? prediction.cachedTokens : undefined,
    [OWN_NAMES.predictedTtft]: prediction.ttftMs === undefined ? undefined : prediction.ttftMs / 1000,
  };
}

function legAttributes({ worker, requestId, status, arm, part, continuedAt }: LegRecord, nth: number): Attributes {
  return {
    [NAMES.method]: "POST",
    [NAMES.status]: status,
    [NAMES.resend]: nth === 0 ? undefined : nth,
    [OWN_NAMES.worker]: worker,
    [OWN_NAMES.arm]: arm,
    [OWN_NAMES.part]: part,
    [OWN_NAMES.continuedAt]: continuedAt,
    [OWN_NAMES.legId]: requestId,
  };
}

/** Of a client's span 4xx is an error too. */
function statusError({ status }: LegRecord, outcome: Outcome): string | undefined {
  return outcome === "upstream_error" && status !== undefined ? String(status) : undefined;
}
