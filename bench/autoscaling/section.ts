// The figures of the proof as Markdown: targets first, then every run.
import { markdownTable } from "../lib/markdown-table.ts";
import { ATTAINMENT, type AutoscalingReport, type Cell, type RuleResult } from "./report.ts";
import { RIVALS } from "./rules.ts";

export function autoscalingSection(report: AutoscalingReport): string {
  const { cells, machine } = report;
  return [
    `Measured ${machine.date} with Switchgear ${machine.switchgear}, Node ${machine.node}; times are of the virtual clock, so the machine does not matter.`,
    "## Targets",
    targets(report),
    "## Rules beside the oracle",
    ...cells.map(cellTable),
    ...referencesPart(report),
    "## Two models with opposite peaks on 16 GPUs",
    modelsTable(report),
    "## Four gateways",
    gatewaysTable(report),
  ].join("\n\n");
}

function referencesPart({ references, cells }: AutoscalingReport): string[] {
  if (references === undefined) return [];
  const rows = references.map(({ startUpMs, told, perWorker, attainment, gpuHours, scaleEventsPerHour }) => {
    const best = cells.find((one) => one.name === "day" && one.startUpMs === startUpMs)?.oracle;
    return [
      `${startUpMs / 1000} s`,
      told,
      String(perWorker),
      percent(attainment),
      gpuHours.toFixed(1),
      best === undefined ? "–" : `${(gpuHours / best.gpuHours).toFixed(2)} ×`,
      scaleEventsPerHour.toFixed(1),
    ];
  });
  return [
    "## The day with more told than a pool can know",
    "`capacity told`: workers = mean rate of five minutes ÷ what one worker takes, fewer after five minutes that asked for no more. `capacity and rate told`: the wave of the day instead of what is seen, a start-up ahead. What one worker takes was chosen afterwards.",
    markdownTable(
      ["start-up", "told", "requests/s of one worker", "attainment", "GPU-hours", "of the oracle's", "changes/h"],
      rows,
    ),
  ];
}

const verdict = (met: boolean): string => (met ? "**met**" : "**missed**");
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function targets(report: AutoscalingReport): string {
  const rows = report.cells.map(cellRow);
  return markdownTable(
    [
      "setting, start-up",
      "attainment ≥ 99 % where the oracle has it",
      "GPU-hours ≤ 1.10 × the oracle's",
      "≥ 15 % fewer than the best rival",
      "≤ 6 changes/h",
    ],
    rows,
  );
}

function cellRow(cell: Cell): string[] {
  const { name, startUpMs, oracle, rules } = cell;
  const [slo] = rules.filter(({ rule }) => rule === "slo");
  if (slo === undefined) return [name];
  const ratio = slo.gpuHours / oracle.gpuHours;
  return [
    `${name}, ${startUpMs / 1000} s`,
    oracle.attainment < ATTAINMENT
      ? `the oracle has ${percent(oracle.attainment)}, slo ${percent(slo.attainment)}`
      : `${percent(slo.attainment)} ${verdict(slo.attainment >= ATTAINMENT)}`,
    `${ratio.toFixed(2)} × ${verdict(ratio <= 1.1)}`,
    besideRivals(slo, rules),
    name === "day" ? `${slo.scaleEventsPerHour.toFixed(1)} ${verdict(slo.scaleEventsPerHour <= 6)}` : "–",
  ];
}

/** The cheapest rival that attains as much as slo, or the 99 % that are asked for. */
function besideRivals(slo: RuleResult, rules: readonly RuleResult[]): string {
  const needed = Math.min(ATTAINMENT, slo.attainment);
  const able = rules.filter(({ rule, attainment }) => RIVALS.includes(rule) && attainment >= needed);
  const [best] = able.toSorted((a, b) => a.gpuHours - b.gpuHours);
  if (best === undefined) return `no rival reaches ${percent(needed)} ${verdict(true)}`;
  const saved = 1 - slo.gpuHours / best.gpuHours;
  return `${(100 * saved).toFixed(0)} % fewer than ${best.rule}, ${best.setting} ${verdict(saved >= 0.15)}`;
}

function cellTable({ name, startUpMs, requests, oracle, rules }: Cell): string {
  const figures = (one: Omit<RuleResult, "rule" | "setting">): string[] => [
    percent(one.attainment),
    one.gpuHours.toFixed(1),
    one.scaleEventsPerHour.toFixed(1),
    String(one.delayedByDrain),
    String(one.failed),
  ];
  const rows = [
    ["oracle", ...figures(oracle)],
    ...rules.map((one) => [`${one.rule}, ${one.setting}`, ...figures(one)]),
  ];
  const head = ["rule", "attainment", "GPU-hours", "changes/h", "delayed by a drain", "failed"];
  return `**${name}, start-up ${startUpMs / 1000} s**, ${requests} requests\n\n${markdownTable(head, rows)}`;
}

function modelsTable({ twoModels: { joint, halves, equal, meanPerSecond } }: AutoscalingReport): string {
  const more = joint.goodPerSecond / halves.goodPerSecond - 1;
  const fewer = equal && 1 - joint.gpuHours / equal.gpuHours;
  const rows = [joint, halves, ...(equal ? [equal] : [])].map((one) => [
    one.arm,
    percent(one.attainment),
    one.goodPerSecond.toFixed(2),
    one.gpuHours.toFixed(1),
    String(one.scaleEvents),
  ]);
  const isMet = more >= 0.25 || (fewer ?? 0) >= 0.25;
  const saved = fewer === undefined ? "no fixed number reaches it" : `${(100 * fewer).toFixed(0)} %`;
  return [
    `${meanPerSecond} requests/s of each on average, peak three times as much, half a period apart. \`joint\`: the \`slo\` rule for each model, at most 16 GPUs in all. \`halves\`: 8 GPUs each, always on. Last row: the fewest of fixed number with joint's attainment, on more than 16 GPUs.`,
    markdownTable(["arm", "attainment", "good requests/s", "GPU-hours", "changes"], rows),
    `Target: good requests/s +25 % on equal GPUs, or GPU-hours −25 % at equal attainment: ${(100 * more).toFixed(0)} % more; ${saved} fewer GPU-hours: ${verdict(isMet)}`,
  ].join("\n\n");
}

function gatewaysTable({ gateways }: AutoscalingReport): string {
  const rows = gateways.map(({ arm, goodput, ttftP99Ms, hitRate }) => [
    arm,
    percent(goodput),
    ttftP99Ms.toFixed(0),
    percent(hitRate),
  ]);
  const [one, shared] = gateways;
  const off = 1 - (shared?.goodput ?? 0) / (one?.goodput ?? 1);
  return [
    markdownTable(["arm", "goodput", "P99 TTFT, ms", "cache hits"], rows),
    `Target: four with shared load within 2 % of one: ${(100 * off).toFixed(2)} % below: ${verdict(off <= 0.02)}`,
  ].join("\n\n");
}
