// The past of a migration: weights and TTFT over time, changes, audit trail, evidence bundles, and the plan itself.
import type { PlanStep } from "../plan/plan.ts";
import type { AuditEntry, AuditPoint, HistoryEntry, MigrationReport, SeriesPoint } from "../status.ts";
import type { ReportSection } from "./document.ts";
import { durationText, percentText, timeText } from "./words.ts";

export function trailSections(report: MigrationReport): readonly ReportSection[] {
  return [
    weights(report),
    ...ttft(report.series ?? []),
    plan(report.steps),
    history(report.history),
    audit(report.audit),
    evidence(report.evidence),
  ];
}

/** Weights hold until the next change, so the line has a corner at each. */
function weights({ history: changes, at, series = [] }: MigrationReport): ReportSection {
  const start = changes[0]?.at ?? at;
  const { unit, size } = timeUnit(at - start);
  const x = (time: number): number => (time - start) / size;
  const set = changes.flatMap((one, i): (readonly [number, number])[] => {
    const before = changes[i - 1]?.weight ?? 0;
    return [
      [x(one.at), before * 100],
      [x(one.at), one.weight * 100],
    ];
  });
  const last = changes.at(-1);
  const end: readonly (readonly [number, number])[] = last === undefined ? [] : [[x(at), last.weight * 100]];
  const actual = series.flatMap(({ at: time, share }) =>
    share === undefined ? [] : [[x(time), share * 100] as const],
  );
  return {
    title: "Weight over time",
    plot: {
      title: "Share of the candidate",
      xLabel: unit,
      yLabel: "%",
      style: "line",
      series: [
        { name: "set", points: [...set, ...end] },
        ...(actual.length === 0 ? [] : [{ name: "requests", points: actual }]),
      ],
    },
  };
}

function ttft(series: readonly SeriesPoint[]): readonly ReportSection[] {
  const [first] = series;
  const last = series.at(-1);
  if (first === undefined || last === undefined) return [];
  const { unit, size } = timeUnit(last.at - first.at);
  const line = (name: string, read: (point: SeriesPoint) => number | undefined) => ({
    name,
    points: series.flatMap((point) => {
      const value = read(point);
      return value === undefined ? [] : [[(point.at - first.at) / size, value] as const];
    }),
  });
  const lines = [
    line("legacy", ({ legacyTtftP99Ms }) => legacyTtftP99Ms),
    line("candidate", ({ candidateTtftP99Ms }) => candidateTtftP99Ms),
  ];
  return [
    {
      title: "TTFT of both arms",
      plot: { title: "TTFT P99", xLabel: unit, yLabel: "ms", style: "line", series: lines },
    },
  ];
}

function timeUnit(spanMs: number): { readonly unit: string; readonly size: number } {
  if (spanMs >= 2 * 86_400_000) return { unit: "days", size: 86_400_000 };
  if (spanMs >= 2 * 3_600_000) return { unit: "hours", size: 3_600_000 };
  return spanMs >= 120_000 ? { unit: "minutes", size: 60_000 } : { unit: "seconds", size: 1000 };
}

function plan(steps: readonly PlanStep[]): ReportSection {
  return {
    title: "The plan",
    table: {
      head: ["step", "weight", "note", "min soak", "min requests", "approval"],
      rows: steps.map((one, i) => [
        String(i + 1),
        percentText(one.weight),
        one.note,
        durationText(one.soakMs),
        String(one.minRequests),
        one.needsApproval ? "by a person" : "by its gate",
      ]),
    },
  };
}

function history(changes: readonly HistoryEntry[]): ReportSection {
  return {
    title: "What happened",
    table: {
      head: ["at", "phase", "step", "weight", "what"],
      rows: changes.map(({ at, phase, step, weight, text }) => [
        timeText(at),
        phase,
        step < 0 ? "" : String(step + 1),
        percentText(weight),
        text,
      ]),
    },
  };
}

function audit(entries: readonly AuditEntry[]): ReportSection {
  const point = ({ phase, step, weight, version }: AuditPoint): string =>
    `${phase}${step < 0 ? "" : ` ${step + 1}`}, ${percentText(weight)}, v${version}`;
  return {
    title: "Audit trail",
    table: {
      head: ["at", "who", "what", "from", "to", "text"],
      rows: entries.map((one) => [timeText(one.at), one.who, one.what, point(one.from), point(one.to), one.text ?? ""]),
    },
  };
}

function evidence(folders: readonly string[]): ReportSection {
  const lines = folders.length === 0 ? ["No rollback left a bundle."] : folders;
  return { title: "Evidence bundles", lines };
}
