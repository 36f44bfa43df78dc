// The quality of routing as the docs show it.
import { markdownTable } from "../lib/markdown-table.ts";
import type { Quality, QualityReport, RivalQuality } from "./quality-report.ts";

export function qualitySection({ setup, rivals, stale, others, hard }: QualityReport): string {
  const { trace, requests, speed, workers, profile, stalenessMs, noise, seeds } = setup;
  return [
    `${requests} requests of ${trace} at ${speed} ×, ${workers} × ${profile}, state ${stalenessMs} ms old, step noise σ ${noise}, means of ${seeds} seeds.
Good: TTFT ≤ max(5 s, 3 × that of an idle worker without cache), TPOT ≤ 100 ms. The ceiling, each request alone on a worker with an
infinite cache, is 100 % with a ratio of at most 1. Last column: the speed up to which 90 % are good (bisected to 0.5 %, mean of the seeds).`,
    rivalTable(rivals),
    judgement(rivals, stale),
    `kv_aware by the age of what the gateway knows of tokens and KV events:`,
    markdownTable(
      ["state, ms old", ...COLUMNS],
      stale.map((one) => [String(one.stalenessMs), ...cells(one)]),
    ),
    `Other traces and loads, one seed; rivals at the setting that was best above:`,
    markdownTable(
      ["trace", "policy", ...COLUMNS],
      others.flatMap((one) => one.rows.map((row) => [`${one.trace}, ${one.speed} ×`, row.policy, ...cells(row)])),
    ),
    `Where policies collapse (120 s, eight workers, state 100 ms old). Share: the most that one worker got of the requests with the hot prefix;
of all requests in the five seconds after the cold worker joined; of all.`,
    markdownTable(
      ["case", "policy", "good %", "largest share %", "TTFT p99 ms", "hit %"],
      hard.flatMap(({ name, rows }) =>
        rows.map((one) => [
          name,
          one.policy,
          percent(one.goodput),
          percent(one.largestShare),
          one.ttftP99Ms.toFixed(0),
          percent(one.hitRate),
        ]),
      ),
    ),
  ].join("\n\n");
}

const COLUMNS = ["good %", "lowest seed", "P99 TTFT ÷ unloaded", "TTFT mean ms", "TPOT p99 ms", "hit %"];

function cells(one: Quality): string[] {
  return [
    percent(one.goodput),
    percent(one.lowest),
    one.ratioP99.toFixed(1),
    one.ttftMean.toFixed(0),
    one.tpotP99.toFixed(0),
    percent(one.hit),
  ];
}

function rivalTable(rivals: readonly RivalQuality[]): string {
  const rows = rivals.flatMap(({ name, settings, byDefault, best, kneeSpeed }) => {
    const knee = `${kneeSpeed.toFixed(2)} ×`;
    if (settings === 1) return [[name, ...cells(best), knee]];
    return [
      [`${name}, default`, ...cells(byDefault), ""],
      [`best of ${settings}: ${best.policy}`, ...cells(best), knee],
    ];
  });
  return markdownTable(["policy", ...COLUMNS, "90 % good up to"], rows);
}

/** Against the tuned Dynamo, as the goals are set, and against the best rival of each figure. */
function judgement(rivals: readonly RivalQuality[], stale: QualityReport["stale"]): string {
  const ours = rivals.find(({ name }) => name === "kv_aware");
  const dynamo = rivals.find(({ name }) => name === "dynamo");
  const others = rivals.filter(({ name }) => name !== "kv_aware");
  if (ours === undefined || dynamo === undefined) return "";
  const closed = (ours.best.goodput - dynamo.best.goodput) / (1 - dynamo.best.goodput);
  const [fresh] = stale;
  const old = stale.find(({ stalenessMs }) => stalenessMs === 100);
  const rise = (old?.ratioP99 ?? Number.NaN) / (fresh?.ratioP99 ?? Number.NaN) - 1;
  const least = Math.min(...others.map(({ best }) => best.ratioP99));
  const most = Math.max(...others.map(({ kneeSpeed }) => kneeSpeed));
  return markdownTable(
    ["goal", "wanted", "measured"],
    [
      ["gap between the tuned Dynamo's goodput and the ceiling that is closed", "≥ 25 %", signed(closed)],
      [
        "P99 of TTFT ÷ unloaded, against the tuned Dynamo",
        "≤ −20 %",
        signed(ours.best.ratioP99 / dynamo.best.ratioP99 - 1),
      ],
      ["the same, against the best of all rivals", "", signed(ours.best.ratioP99 / least - 1)],
      ["load at 90 % goodput, against the tuned Dynamo", "≥ +10 %", signed(ours.kneeSpeed / dynamo.kneeSpeed - 1)],
      ["the same, against the best of all rivals", "", signed(ours.kneeSpeed / most - 1)],
      ["P99 of TTFT ÷ unloaded with state 100 ms old, against fresh state", "≤ +25 %", signed(rise)],
    ],
  );
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)} %`;
}
