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

function weighNeeds(evidence: Evidence, settings: DecisionSettings, load: Pressed): Decision {
  const { slo, tenants } = settings;
  const { pressed, reasons } = load;
  /** What the answer would be, had other things been seen under the same pressure. */
  const answerTo = (seen: Partial<Evidence>, others: number | undefined): Answer =>
    weighNeeds({ ...evidence, ...seen }, { ...settings, tenants: others }, load).answer;
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
      toStay(evidence, slo),
    ];
    return { answer: "TUNE", reasons: [...reasons, ...why], flips, tunings: flags };
  }
  if (needs.length > 0) {
    const one = { models: evidence.models.slice(0, 1) };
    const without = answerTo({ ...one, prefixReuse: undefined, peakToAverage: undefined }, undefined);
    const flips = [
      ...(manyModels && needs.length > 1 ? [`one model only: ${answerTo(one, tenants)}`] : []),
      ...(pressed && !manyModels ? [toStay(evidence, slo)] : []),
      `none of these needs${pressed ? ", with the same pressure" : ""}: ${without}`,
    ];
    return { answer: "MIGRATE", reasons: [...reasons, ...needs], flips, tunings: flags };
  }
  const flips = [toStay(evidence, slo), ...toMigrate(evidence)];
  const reason = "more capacity is needed, and nothing that only a fleet gives";
  return { answer: "SCALE", reasons: [...reasons, reason], flips, tunings: flags };
}

function toLeave({ ttft, waiting, gpu }: Evidence, { ttftP99Ms }: Slo): string[] {
  const busy = `GPU utilisation above ${LIMITS.gpu * 100} % while the TTFT P99 is near its SLO`;
  return [
    `TTFT P99 surely at ${ttftP99Ms} ms or more${ttft === undefined ? "" : ` (now ${rangeText(ttft)})`}`,
    `${LIMITS.meanWaiting} waiting request on average${waiting === undefined ? "" : ` (now ${waiting.mean.toFixed(2)})`}`,
    ...(gpu === undefined || gpu.standIn ? [] : [`${busy} (now ${(gpu.mean * 100).toFixed(0)} %)`]),
    "a second model: MIGRATE",
  ];
}

/** All that may press, as one may be enough. */
function toStay({ ttft, gpu }: Evidence, { ttftP99Ms }: Slo): string {
  const now = ttft === undefined ? "" : ` (now ${rangeText(ttft)})`;
  const busy =
    gpu === undefined || gpu.standIn || gpu.mean <= LIMITS.gpu
      ? ""
      : `, GPU utilisation at most ${LIMITS.gpu * 100} % (now ${(gpu.mean * 100).toFixed(0)} %)`;
  return `TTFT P99 not surely above ${ttftP99Ms} ms${now}, no queue and no preemptions${busy}: STAY`;
}

function toMigrate({ prefixReuse, peakToAverage }: Evidence): string[] {
  const reuse = prefixReuse === undefined ? "unknown" : `${(prefixReuse * 100).toFixed(0)} %`;
  const peak = peakToAverage === undefined ? "unknown" : peakToAverage.toFixed(1);
  return [`prefix reuse above 50 % (now ${reuse}) or peaks above 2 × the mean (now ${peak}): MIGRATE`];
}
