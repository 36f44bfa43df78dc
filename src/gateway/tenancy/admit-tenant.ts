// A request's place within the limits of its tenant, or the answer that says which one is used up.
import type { Denied, Grant } from "../../admission/index.ts";
import type { Context } from "../context.ts";
import type { Accepted } from "../intake.ts";
import type { RequestRecord } from "../record.ts";
import { type Refusal, refusal } from "../refusal.ts";
import { duration } from "./rate-headers.ts";
import type { TenancyBreach } from "./tenancy.ts";

/** Where gateways share limits: what another one has spent is known in some milliseconds, or the database is slow. */
const HEARD_LIMIT_MS = 1000;

interface Asking {
  readonly context: Context;
  readonly record: RequestRecord;
  readonly accepted: Accepted;
  /** The client has left: it gets no grant any more. */
  readonly isGone: () => boolean;
}

type Admitted = Refusal | undefined;

/** Sets the record's grant. Undefined = go on. A promise only where the gateways' shared counts have to be asked first. */
export function admitTenant(asking: Asking): Admitted | Promise<Admitted> {
  const { context, record, accepted, isGone } = asking;
  const { options } = context;
  const { client } = record;
  if (client === undefined || options.tenants === undefined) return undefined;
  const { model, request } = accepted;
  const answer = options.tenants.admit({
    client,
    model: model.name,
    names: accepted.names ?? [request?.model ?? model.name, model.name],
    fields: request?.fields,
    inputTokens: record.promptTokens ?? 0,
    exact: record.promptTokensExact,
    maxTokens: request?.maxTokens,
    n: Math.max(1, request?.n ?? 1),
  });
  if (isGrant(answer)) {
    record.grant = answer;
    return undefined;
  }
  const heard = "waitMs" in answer ? answer.heard : undefined;
  const waited = options.clock.now() - (record.identifiedAt ?? Number.NEGATIVE_INFINITY);
  if (heard !== undefined && waited < HEARD_LIMIT_MS)
    return heard.then(() => (isGone() ? undefined : admitTenant(asking)));
  record.denied = "waitMs" in answer ? answer.limit : answer.code;
  return "waitMs" in answer ? denial(answer) : breach(answer);
}

function isGrant(answer: Grant | Denied | TenancyBreach): answer is Grant {
  return "settle" in answer;
}

function breach({ status, code, param, message }: TenancyBreach): Refusal {
  return { ...refusal(status, message, { param }), ...(status === 400 && { code }) };
}

const WORDS: Readonly<Record<Denied["limit"], string>> = {
  requests: "requests per minute",
  input_tokens: "input tokens per minute",
  output_tokens: "output tokens per minute",
  concurrent: "concurrent requests",
  budget: "budget",
  database: "limits cannot be checked",
};

/** Most load balancers and clients read no more than a day; a month's budget may take longer, and says so. */
function denial({ limit, scope, waitMs, of }: Denied): Refusal {
  if (limit === "database")
    return refusal(503, "Limits cannot be checked now; the gateway is set to refuse then.", {
      headers: { "retry-after": "1" },
    });
  const isBudget = limit === "budget";
  const once = Number.isFinite(waitMs);
  const after = once ? { "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))) } : { "x-should-retry": "false" };
  const what = isBudget ? `the budget of this ${scope}` : `${of} ${WORDS[limit]} of this ${scope}`;
  const short = isBudget ? `${what} has too little left for this request` : what;
  const message = once ? `Rate limit reached: ${short}.` : `Request too large: it alone exceeds ${what}.`;
  const kind = limit === "requests" || limit === "concurrent" ? "requests" : "tokens";
  const shown = isBudget
    ? {}
    : {
        [`x-ratelimit-limit-${kind}`]: String(of),
        [`x-ratelimit-remaining-${kind}`]: "0",
        [`x-ratelimit-reset-${kind}`]: duration(waitMs),
      };
  return {
    ...refusal(429, message, { headers: { ...after, ...shown } }),
    type: isBudget ? "insufficient_quota" : kind,
    code: isBudget ? "insufficient_quota" : "rate_limit_exceeded",
  };
}
