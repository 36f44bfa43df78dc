// The shadow verdict: gates with n and interval, what could not be judged, divergence, and the seed's own report.
import type { ShadowStatus } from "../status.ts";
import type { Gate } from "../verdict/gate.ts";
import type { Verdict } from "../verdict/judge-pairs.ts";
import { NO_SHADOW_DATA } from "../verdict/seed-report.ts";
import type { ReportSection } from "./document.ts";
import { countsText, numberText, percentText, timeText } from "./words.ts";

export interface JudgedShadow {
  readonly verdict: Verdict | undefined;
  readonly shadow: ShadowStatus | undefined;
}

export function verdictSections({ verdict, shadow }: JudgedShadow): readonly ReportSection[] {
  return [
    ...(shadow === undefined ? [] : [shadowing(shadow)]),
    ...(verdict === undefined ? [] : [judgement(verdict), ...divergence(verdict)]),
    seed(verdict?.seed ?? NO_SHADOW_DATA),
  ];
}

function shadowing(one: ShadowStatus): ReportSection {
  const { spent } = one;
  return {
    title: "Shadow traffic",
    lines: [
      `${one.running ? "Running" : "Not running"}: ${percentText(one.fraction)} of sessions, ${one.sent} sent, ${one.pairs} pairs, ${one.repeats} repeats of the legacy, ${one.inflight} in flight.`,
      `Not sent: ${countsText(one.dropped)}. Not to be compared: ${countsText(one.excluded ?? {})}. Client gone: ${countsText(one.clientGone)}.`,
      `Spent on ${spent.day}: ${spent.bytes} bytes, ${spent.tokens} tokens, cost ${numberText(spent.cost)}.`,
      ...(one.brake === undefined ? [] : [`Braked: ${one.brake}.`]),
      ...(one.verdictAt === undefined ? [] : [`The verdict is due at ${timeText(one.verdictAt)} at the earliest.`]),
    ],
  };
}

function judgement({ verdict, reasons, gates, limits }: Verdict): ReportSection {
  return {
    title: `Verdict: ${verdict}`,
    lines: [...reasons.map((text) => `${text}.`), ...limits.map((text) => `Not judged: ${text}.`)],
    table: {
      head: ["gate", "what", "status", "n", "estimate", "interval", "rule"],
      rows: gates.map(gateRow),
    },
  };
}

function gateRow({ id, what, status, n, estimate, interval, rule }: Gate): readonly string[] {
  const range = interval === undefined ? "" : `${numberText(interval.low)} to ${numberText(interval.high)}`;
  return [id, what, status, String(n), estimate === undefined ? "" : numberText(estimate), range, rule];
}

function divergence({ divergence: found }: Verdict): readonly ReportSection[] {
  if (found === undefined) return [];
  const { curve, pairs, repeats, logRankP } = found;
  const series = [
    { name: "candidate against legacy", points: curve.map((one) => [one.tokens, one.pairs] as const) },
    {
      name: "legacy against itself",
      points: curve.flatMap((one) => (one.repeats === undefined ? [] : [[one.tokens, one.repeats] as const])),
    },
  ];
  const p = logRankP === undefined ? "" : `; log-rank p = ${numberText(logRankP)}`;
  return [
    {
      title: "How long deterministic outputs stay equal",
      lines: [`${pairs} pairs, ${repeats} repeats${p}.`],
      plot: { title: "Share still equal", xLabel: "tokens", yLabel: "share", style: "line", series },
    },
  ];
}

/** Its keys and texts to the letter; it is shown and decides nothing. */
function seed(report: Verdict["seed"]): ReportSection {
  if (typeof report === "string") return { title: "The seed's report", lines: [report] };
  return { title: "The seed's report", code: JSON.stringify(report, null, 2) };
}
