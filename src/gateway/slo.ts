// Each request against the objectives of its deployment's `spec.slo`; what was promised is shown beside it.
import type { Metrics, SloSample } from "../telemetry/index.ts";
import type { Outcome, RequestRecord } from "./record.ts";

export interface SloObjectives {
  readonly ttftP99Ms: number | undefined;
  readonly itlP99Ms: number | undefined;
  /** 0…1 */
  readonly availabilityTarget: number | undefined;
}

export interface Ended {
  readonly record: RequestRecord;
  readonly outcome: Outcome;
}

export function accountSlo(metrics: Metrics, slo: SloObjectives, ended: Ended): void {
  const model = ended.record.model ?? "";
  judge(slo, ended, (objective, met) => metrics.sloRequests(model, objective, String(met)).inc());
}

/** Only objectives that are set, and requests that say something of them. */
export function judge(slo: SloObjectives, ended: Ended, count: (objective: string, met: boolean) => void): void {
  const say = (objective: string, met: boolean | undefined): void => {
    if (met !== undefined) count(objective, met);
  };
  if (slo.ttftP99Ms !== undefined) say("ttft", ttftMet(ended, slo.ttftP99Ms));
  if (slo.itlP99Ms !== undefined) say("itl", itlMet(ended, slo.itlP99Ms));
  if (slo.availabilityTarget !== undefined) say("availability", available(ended));
}

/** What is promised to a tenant, each objective of its own in place of the model's. */
export function ownSlo(own: Partial<SloObjectives> | undefined, model: SloObjectives | undefined): SloObjectives {
  return {
    ttftP99Ms: own?.ttftP99Ms ?? model?.ttftP99Ms,
    itlP99Ms: own?.itlP99Ms ?? model?.itlP99Ms,
    availabilityTarget: own?.availabilityTarget ?? model?.availabilityTarget,
  };
}

/** A stream that we lost before its first token has missed it; one that the client left has not. */
function ttftMet({ record, outcome }: Ended, limitMs: number): boolean | undefined {
  if (!record.stream || record.readAt === undefined) return undefined;
  if (record.firstTokenAt !== undefined) return record.firstTokenAt - record.readAt <= limitMs;
  return outcome === "failed" || outcome === "interrupted" ? false : undefined;
}

/** The mean gap of one stream, as in goodput: of hundreds of gaps the worst says more about the network than about serving. */
function itlMet({ record }: Ended, limitMs: number): boolean | undefined {
  const { stream, tokenEvents, firstTokenAt, lastTokenAt } = record;
  if (!stream || tokenEvents < 2 || firstTokenAt === undefined || lastTokenAt === undefined) return undefined;
  return (lastTokenAt - firstTokenAt) / (tokenEvents - 1) <= limitMs;
}

/** Faults of the client, and clients that left, say nothing of us. */
function available({ record, outcome }: Ended): boolean | undefined {
  if (outcome === "rejected" || outcome === "aborted") return undefined;
  if (outcome === "upstream_error") return record.status < 500 ? undefined : false;
  return outcome === "ok";
}

export function sloSamples(model: string, slo: SloObjectives): SloSample[] {
  const { ttftP99Ms, itlP99Ms, availabilityTarget } = slo;
  return [
    ...(ttftP99Ms === undefined ? [] : [{ model, objective: "ttft", value: ttftP99Ms / 1000 }]),
    ...(itlP99Ms === undefined ? [] : [{ model, objective: "itl", value: itlP99Ms / 1000 }]),
    ...(availabilityTarget === undefined ? [] : [{ model, objective: "availability", value: availabilityTarget }]),
  ];
}
