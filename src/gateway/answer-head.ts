// The headers of an answer that is relayed.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Context } from "./context.ts";
import { clientHeaders } from "./headers.ts";
import type { LegRecord, RequestRecord } from "./record.ts";
import { RETRY_AFTER } from "./refusal.ts";
import { rateHeaders } from "./tenancy/rate-headers.ts";
import { routeHeader } from "./route-header.ts";

export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body's length may change on its way. */
  readonly edited: boolean;
  readonly record: Pick<RequestRecord, "id" | "client" | "grant">;
  readonly leg: LegRecord | undefined;
}

export function answerHead(context: Context, head: AnswerHead): OutgoingHttpHeaders {
  const out = clientHeaders(head.headers, head.edited);
  const { id, client, grant } = head.record;
  out["x-request-id"] = id;
  if (grant !== undefined) Object.assign(out, rateHeaders(grant));
  if (context.options.receipts.header && client?.routeHeader !== false && head.leg)
    out["x-switchgear-route"] = routeHeader(head.leg);
  if (head.status === 503) out["retry-after"] ??= RETRY_AFTER["retry-after"];
  if (context.closing) out["connection"] = "close";
  return out;
}
