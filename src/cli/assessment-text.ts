// An assessment for people: the answer first, then why, what would flip it, the evidence, and the seed's view.
import { type Assessment, type Evidence, rangeText } from "../assess/index.ts";

export function assessmentText(one: Assessment): string {
  const { answer, reasons, flips, seed, evidence, whatIf } = one;
  const lines = [
    answer,
    ...reasons.map((text) => `  ${text}`),
    "",
    "What would change the answer:",
    ...flips.map((text) => `  ${text}`),
    "",
    "Evidence:",
    ...evidenceLines(evidence).map(([name, value]) => `  ${name.padEnd(18)}${value}`),
    "",
    `The seed's score: ${seed.score}, ${seedSays(seed.migrate)} (migrate at 3)`,
    ...seed.reasons.map((text) => `  ${text}`),
    ...seed.missing.map((name) => `  unknown: ${name}`),
    ...seed.conditions.map(
      ({ side, kind, status, text, evidence: why }) =>
        `  ${side.padEnd(18)}${status.padEnd(9)}${kind === "typical_scale" ? "(typical scale) " : ""}${text} [${why}]`,
    ),
    "",
    whatIf.ran ? "What-if:" : whatIf.why,
    ...(whatIf.ran ? whatIf.rows.map(whatIfLine) : []),
  ];
  return `${lines.join("\n")}\n`;
}

function seedSays(migrate: boolean | null): string {
  if (migrate === null) return "open for want of the missing values";
  return migrate ? "migrate" : "stay";
}

function whatIfLine(row: { setUp: string; goodput: number; ttftP99Ms: number; gpus: number }): string {
  return `  ${row.setUp.padEnd(20)}goodput ${row.goodput.toFixed(3)}  TTFT P99 ${row.ttftP99Ms.toFixed(0)} ms  ${row.gpus} GPUs`;
}

type Line = readonly [string, string];

function evidenceLines(one: Evidence): Line[] {
  const number = (value: number | undefined, digits = 2): string =>
    value === undefined ? "unknown" : value.toFixed(digits);
  const share = (value: number | undefined): string =>
    value === undefined ? "unknown" : `${(value * 100).toFixed(1)} %`;
  const spread = (value: Evidence["waiting"]): string =>
    value === undefined
      ? "unknown"
      : `${value.mean.toFixed(2)} on average, ${value.max.toFixed(2)} at most (${value.samples} readings)`;
  return [
    ["source", one.source],
    ["time covered", one.spanHours === undefined ? "unknown" : `${one.spanHours.toFixed(1)} h`],
    [
      "TTFT P99",
      `${one.ttft === undefined ? "not estimable" : rangeText(one.ttft)}, ${one.ttftSamples} samples: SLO ${one.ttftState}`,
    ],
    ["ITL P99", `${one.itl === undefined ? "not estimable" : rangeText(one.itl)}: SLO ${one.itlState}`],
    ["requests / s", number(one.requestRate)],
    ["peak / average", number(one.peakToAverage)],
    ["running", spread(one.running)],
    ["waiting", spread(one.waiting)],
    ["waited long", share(one.queued)],
    ["KV cache used", spread(one.kvUsage)],
    [
      "preemptions",
      one.preemptionsPerRequest === undefined
        ? "unknown"
        : `${(one.preemptionsPerRequest * 100).toFixed(2)} per 100 requests`,
    ],
    ["prefix reuse", share(one.prefixReuse)],
    ["GPU utilisation", one.gpu === undefined ? "unknown" : `${share(one.gpu.mean)} (${one.gpu.source})`],
    ["models", one.models.join(", ") || "unknown"],
  ];
}
