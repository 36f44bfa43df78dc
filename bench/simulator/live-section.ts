// How far live and offline are apart, as the docs show it.
import type { LoadSummary } from "../../src/workload/index.ts";
import { markdownTable } from "../lib/markdown-table.ts";
import type { LiveReport, LiveRound } from "./live-report.ts";

const FIGURES = ["ttftMs", "tpotMs", "e2eMs"] as const satisfies readonly (keyof LoadSummary)[];
const NAMES = { ttftMs: "TTFT", tpotMs: "TPOT", e2eMs: "E2E" } as const;
/** In percent. */
const LIMITS = { p50: 3, p99: 10 } as const;

export function liveSection({ setup, rounds }: LiveReport): string {
  const { requests, perSecond, workers, profile, policy } = setup;
  const rows = FIGURES.flatMap((figure) =>
    (["p50", "p99"] as const).map((at) => {
      const apart = rounds.map((round) => difference(round, figure, at));
      const middle = median(apart.map(Math.abs));
      return [
        `${NAMES[figure]} ${at}`,
        ...rounds.map(({ live, offline }) => `${live[figure][at].toFixed(1)} / ${offline[figure][at].toFixed(1)}`),
        apart.map((one) => one.toFixed(1)).join(", "),
        `${middle.toFixed(1)} (≤ ${LIMITS[at]})`,
        `**${middle <= LIMITS[at] ? "met" : "missed"}**`,
      ];
    }),
  );
  const heads = rounds.map((_, i) => `round ${i + 1}: live / offline ms`);
  const lag = rounds.map(({ live }) => live.scheduleLagMs.p99.toFixed(0)).join(", ");
  return `${rounds.length} rounds of ${requests} requests at ${perSecond}/s, ${workers} × ${profile}, ${policy}; ${rounds
    .map(({ live }) => live.ok)
    .join(", ")} answered. The client's own lag behind its plan, p99: ${lag} ms.

${markdownTable(["figure", ...heads, "apart, %", "median of the sizes, %", "verdict"], rows)}`;
}

function difference({ live, offline }: LiveRound, figure: (typeof FIGURES)[number], at: "p50" | "p99"): number {
  return 100 * (live[figure][at] / offline[figure][at] - 1);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
