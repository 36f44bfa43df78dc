// Evidence → STAY, TUNE, SCALE, MIGRATE or INSUFFICIENT_DATA, with reasons and what would flip it.
import type { Evidence, Slo } from "./evidence.ts";
import { NEEDED_SAMPLES } from "./latency.ts";
import { fleetNeeds, isPressed, LIMITS, rangeText, spanText, type Tuning, tunings } from "./signals.ts";

export type Answer = "STAY" | "TUNE" | "SCALE" | "MIGRATE" | "INSUFFICIENT_DATA";

export interface Decision {
  readonly answer: Answer;
  readonly reasons: readonly string[];
  /** What would have to be seen for another answer. */
  readonly flips: readonly string[];
  readonly tunings: readonly Tuning[];
}

export interface DecisionSettings {
  readonly slo: Slo;
  /** Answer although there is too little data. */
  readonly force: boolean;
  readonly tenants: number | undefined;
}

const NEEDED_HOURS = 24;

export function decide(evidence: Evidence, settings: DecisionSettings): Decision {
  const lacks = missingData(evidence);
  if (lacks.length > 0 && !settings.force) {
    const flips = ["more data, or --force for an answer on what is there"];
    return { answer: "INSUFFICIENT_DATA", reasons: lacks, flips, tunings: [] };
  }
  const { pressed, reasons } = isPressed(evidence);
  if (pressed === undefined) {
    const flips = ["a source with TTFT or queue figures"];
    return { answer: "INSUFFICIENT_DATA", reasons: ["no figure says how loaded the server is"], flips, tunings: [] };
  }
  const decision = weighNeeds(evidence, settings, { pressed, reasons });
  return lacks.length === 0
    ? decision
    : { ...decision, reasons: [...decision.reasons, ...lacks.map((one) => `forced: ${one}`)] };
}

function missingData({ spanHours, ttftSamples }: Evidence): string[] {
  const short = spanHours === undefined || spanHours < NEEDED_HOURS;
  const span = spanHours === undefined ? "an unknown time" : spanText(spanHours);
  return [
    ...(short ? [`the data covers ${span}; ${NEEDED_HOURS} h are needed to have seen a day's peak`] : []),
    ...(ttftSamples < NEEDED_SAMPLES ? [`${ttftSamples} TTFT samples; a P99 needs ${NEEDED_SAMPLES}`] : []),
  ];
}

interface Pressed {
  readonly pressed: boolean;
  readonly reasons: readonly string[];
}

function weighNeeds(evidence: Evidence, { slo, tenants }: DecisionSettings, { pressed, reasons }: Pressed): Decision {
  const needs = fleetNeeds(evidence, tenants);
  const flags = tunings(evidence);
  const manyModels = evidence.models.length > 1;
  if (!pressed && !manyModels) {
    return {
      answer: "STAY",
      reasons: ["one server carries the load", ...reasons],
      flips: toLeave(evidence, slo),
      tunings: flags,
    };
  }
  if (flags.length > 0 && !manyModels) {
    const why = flags.map((one) => `${one.flag}: ${one.why}`);
    const flips = [
      `still under pressure with these flags: ${needs.length > 0 ? "MIGRATE" : "SCALE"}`,
      ...toStay(evidence, slo),
    ];
    return { answer: "TUNE", reasons: [...reasons, ...why], flips, tunings: flags };
  }
  if (needs.length > 0) {
    const flips = [...toStay(evidence, slo), "none of these needs, with the same pressure: SCALE"];
    return { answer: "MIGRATE", reasons: [...reasons, ...needs], flips, tunings: flags };
  }
  const flips = [...toStay(evidence, slo), ...toMigrate(evidence)];
  const reason = "more capacity is needed, and nothing that only a fleet gives";
  return { answer: "SCALE", reasons: [...reasons, reason], flips, tunings: flags };
}

function toLeave({ ttft, waiting }: Evidence, { ttftP99Ms }: Slo): string[] {
  return [
    `TTFT P99 surely at ${ttftP99Ms} ms or more${ttft === undefined ? "" : ` (now ${rangeText(ttft)})`}`,
    `${LIMITS.meanWaiting} waiting request on average${waiting === undefined ? "" : ` (now ${waiting.mean.toFixed(2)})`}`,
    "a second model: MIGRATE",
  ];
}

function toStay({ ttft, models }: Evidence, { ttftP99Ms }: Slo): string[] {
  if (models.length > 1) return ["one model only"];
  const now = ttft === undefined ? "" : ` (now ${rangeText(ttft)})`;
  return [`TTFT P99 not surely above ${ttftP99Ms} ms${now}, no queue and no preemptions: STAY`];
}

function toMigrate({ prefixReuse, peakToAverage }: Evidence): string[] {
  const reuse = prefixReuse === undefined ? "unknown" : `${(prefixReuse * 100).toFixed(0)} %`;
  const peak = peakToAverage === undefined ? "unknown" : peakToAverage.toFixed(1);
  return [`prefix reuse above 50 % (now ${reuse}) or peaks above 2 × the mean (now ${peak}): MIGRATE`];
}
