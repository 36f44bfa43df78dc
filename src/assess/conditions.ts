// The seed's conditions for staying and for migrating, and its typical scales: its words, each with what speaks for or against it.
import type { Evidence } from "./evidence.ts";
import { isPressed } from "./signals.ts";
import { whyNoSplit } from "../routing/index.ts";

export interface Condition {
  readonly side: "stay_on_vllm" | "migrate_to_dynamo";
  readonly kind: "condition" | "typical_scale";
  /** The seed's text. */
  readonly text: string;
  readonly status: "met" | "not met" | "unknown";
  readonly evidence: string;
}

type Judged = Pick<Condition, "status" | "evidence">;

export interface ConditionFacts {
  readonly evidence: Evidence;
  /** Tenants that must be kept apart, when it was said. */
  readonly tenants: number | undefined;
}

export function conditions(facts: ConditionFacts): Condition[] {
  const stay = (text: string, judged: Judged): Condition => ({
    side: "stay_on_vllm",
    kind: "condition",
    text,
    ...judged,
  });
  const go = (text: string, judged: Judged): Condition => ({
    side: "migrate_to_dynamo",
    kind: "condition",
    text,
    ...judged,
  });
  const { evidence } = facts;
  const oneModel = few(evidence);
  const exceeds = pressure(evidence);
  return [
    stay("Single model, single node is sufficient for traffic", both(oneModel, opposite(exceeds))),
    stay("Peak QPS fits within one node's throughput", opposite(exceeds)),
    stay("No requirement for KV cache sharing across nodes", opposite(sharing(evidence))),
    stay("No SLO that requires disaggregated prefill/decode", opposite(disaggregation(evidence))),
    stay("No multi-model serving requirement", oneModel),
    { ...stay("Less than 50 QPS for 70B model on 8xH100", scale(evidence, "below")), kind: "typical_scale" },
    go("Traffic exceeds single node throughput", exceeds),
    go("Need TTFT optimization via disaggregated prefill/decode", disaggregation(evidence)),
    go("Multiple models sharing same GPU cluster", opposite(oneModel)),
    go("Need autoscaling for variable traffic", bursts(evidence)),
    go("Need KV cache prefix sharing across requests", sharing(evidence)),
    go("Need multi-tenant isolation", isolation(facts)),
    { ...go("More than 50 QPS for 70B, or multi-model serving", scaleOrModels(evidence)), kind: "typical_scale" },
  ];
}

function judged(met: boolean | undefined, evidence: string): Judged {
  return { status: met === undefined ? "unknown" : met ? "met" : "not met", evidence };
}

function opposite({ status, evidence }: Judged): Judged {
  return { status: status === "met" ? "not met" : status === "not met" ? "met" : status, evidence };
}

function both(a: Judged, b: Judged): Judged {
  const evidence = `${a.evidence}; ${b.evidence}`;
  if (a.status === "not met" || b.status === "not met") return { status: "not met", evidence };
  return { status: a.status === "met" && b.status === "met" ? "met" : "unknown", evidence };
}

function few({ models }: Evidence): Judged {
  if (models.length === 0) return judged(undefined, "no model is named");
  return judged(models.length === 1, `${models.length} served: ${models.join(", ")}`);
}

function pressure(evidence: Evidence): Judged {
  const { pressed, reasons } = isPressed(evidence);
  return judged(pressed, reasons.join("; ") || "no figure says");
}

function sharing({ prefixReuse }: Evidence): Judged {
  if (prefixReuse === undefined) return judged(undefined, "no figure of prefix reuse");
  return judged(prefixReuse > 0.5, `${percent(prefixReuse)} of prompt tokens were in the cache; above 50 % counts`);
}

/** Prefill and decode disturb each other when gaps between tokens are too long. */
function disaggregation({ itlState, ttftState, inputTokens, prefixReuse }: Evidence): Judged {
  if (itlState === "unknown") {
    const known = ttftState === "kept" ? false : undefined;
    return judged(
      known,
      known === false ? "TTFT keeps its SLO and no ITL SLO is given" : "no SLO for gaps between tokens is given",
    );
  }
  const uncachedTokens = inputTokens === undefined ? undefined : inputTokens * (1 - (prefixReuse ?? 0));
  const against = whyNoSplit({ uncachedTokens });
  const shown = [`gaps between tokens: SLO ${itlState}`, ...against].join("; but ");
  return judged(itlState === "broken" && against.length === 0, shown);
}

function bursts({ peakToAverage }: Evidence): Judged {
  if (peakToAverage === undefined) return judged(undefined, "no rate over time");
  return judged(peakToAverage > 2, `peak is ${peakToAverage.toFixed(1)} × the mean; above 2 counts`);
}

function isolation({ tenants }: ConditionFacts): Judged {
  if (tenants === undefined) return judged(undefined, "metrics do not tell; --tenants says it");
  return judged(tenants > 1, `${tenants} tenants, as given`);
}

function scale({ requestRate, models }: Evidence, side: "below" | "above"): Judged {
  const large = models.some((name) => /\b70b\b/i.test(name));
  if (requestRate === undefined) return judged(undefined, "no request rate");
  const shown = `${requestRate.toFixed(1)} requests a second`;
  if (!large) return judged(undefined, `${shown}, but not of a 70B model by its name`);
  return judged(side === "below" ? requestRate < 50 : requestRate > 50, shown);
}

function scaleOrModels(evidence: Evidence): Judged {
  return evidence.models.length > 1 ? opposite(few(evidence)) : scale(evidence, "above");
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
