// An assessment for people: the answer first, then why, what would flip it, the evidence, and the seed's view.
import { type Assessment, type Evidence, rangeText, spanText, type WhatIfRow } from "../assess/index.ts";

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
    `The seed's score: ${seed.score}, ${seedSays(seed.migrate)} (migrate at 3; the rule that this project began with, which decides nothing)`,
    ...seed.reasons.map((text) => `  ${text}`),
    ...seed.missing.map((name) => `  unknown: ${name}`),
    ...seed.conditions.map(
      ({ side, kind, status, text, evidence: why }) =>
        `  ${side.padEnd(18)}${status.padEnd(9)}${kind === "typical_scale" ? "(typical scale) " : ""}${text} [${why}]`,
    ),
    "",
    whatIf.ran ? "What-if:" : whatIf.why,
    ...(whatIf.ran ? [...whatIf.rows.map(whatIfLine), ...saving(whatIf.rows), ...whatIf.assumptions.map(assumed)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function seedSays(migrate: boolean | null): string {
  if (migrate === null) return "open for want of the missing values";
  return migrate ? "migrate" : "stay";
}

function whatIfLine(row: WhatIfRow): string {
  const { cachedShare, gpuHoursPerMillionTokens: hours, costPerMillionTokens: cost } = row;
  return [
    `  ${row.setUp.padEnd(20)}goodput ${(row.goodput * 100).toFixed(2)} %`,
    `TTFT P99 ${row.ttftP99Ms.toFixed(0)} ms`,
    `${row.gpus} GPUs`,
    ...(cachedShare === undefined ? [] : [`${(cachedShare * 100).toFixed(1)} % cached`]),
    ...(hours === undefined ? [] : [`${hours.toFixed(2)} GPU h`]),
    ...(cost === undefined ? [] : [`cost ${cost.toFixed(2)}`]),
  ].join("  ");
}

/** What routing by cache saves over blind balancing, on two nodes. */
function saving(rows: readonly WhatIfRow[]): string[] {
  const share = (name: WhatIfRow["setUp"]): number | undefined => rows.find(({ setUp }) => setUp === name)?.cachedShare;
  const [blind, aware] = [share("+1 node round robin"), share("+1 node kv_aware")];
  if (blind === undefined || aware === undefined || blind >= 1) return [];
  const saved = (aware - blind) / (1 - blind);
  return [
    `  routing by cache computes ${(saved * 100).toFixed(1)} % fewer prompt tokens than round robin on two nodes`,
  ];
}

function assumed(text: string): string {
  return `  assumed: ${text}`;
}

/** An estimate that is not judged has no SLO. */
function latency(range: Evidence["ttft"], state: Evidence["ttftState"]): string {
  if (range === undefined) return "not estimable";
  return `${rangeText(range)}: ${state === "unknown" ? "no SLO given" : `SLO ${state}`}`;
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
    ["time covered", one.spanHours === undefined ? "unknown" : spanText(one.spanHours)],
    ["TTFT P99", `${latency(one.ttft, one.ttftState)} (${one.ttftSamples} samples)`],
    ["ITL P99", latency(one.itl, one.itlState)],
    ["requests / s", number(one.requestRate)],
    ["mean tokens", `${number(one.inputTokens, 0)} in, ${number(one.outputTokens, 0)} out`],
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
