// What a gateway's legs said since its process began, as sums: whoever leads takes what nobody took yet, once.
import { addCounts, type ArmCounts, type Evidence, NO_COUNTS, type WindowCount } from "../../../migration/index.ts";

const TRIGGERS = ["error", "ttft", "timeout"] as const;
type Trigger = (typeof TRIGGERS)[number];

export interface LegReport {
  /** Check intervals that ended. */
  readonly intervals: number;
  readonly legacy: ArmCounts;
  readonly candidate: ArmCounts;
  /** Of the last interval. */
  readonly ttftP99Ms?: number | undefined;
  /** How many windows closed, and the last ones. */
  readonly windows: Readonly<Record<Trigger, { readonly count: number; readonly last: readonly WindowCount[] }>>;
  /** At which weight, by its number, this gateway wants all traffic back, and why. */
  readonly breaker?: { readonly seq: number; readonly text: string } | undefined;
}

/** Of one gateway: what the leaders have counted so far. */
export interface TakenMark {
  readonly intervals: number;
  readonly legacy: ArmCounts;
  readonly candidate: ArmCounts;
  readonly windows: Readonly<Record<Trigger, number>>;
}

export type Taken = Readonly<Record<string, TakenMark>>;

export interface LegBook {
  add(evidence: Evidence, seq: number): void;
  report(): LegReport;
}

/** A leader that does not look for so long misses older ones. */
const KEPT_WINDOWS = 64;

export function legBook(): LegBook {
  let report: LegReport = {
    intervals: 0,
    legacy: NO_COUNTS,
    candidate: NO_COUNTS,
    windows: { error: NO_WINDOWS, ttft: NO_WINDOWS, timeout: NO_WINDOWS },
  };
  return {
    add({ interval, windows = {}, breaker }, seq) {
      const all = { ...report.windows };
      for (const trigger of TRIGGERS) {
        const { count, last } = all[trigger];
        const more = windows[trigger] ?? [];
        all[trigger] = { count: count + more.length, last: [...last, ...more].slice(-KEPT_WINDOWS) };
      }
      report = { ...report, windows: all };
      if (breaker !== undefined) report = { ...report, breaker: { seq, text: breaker } };
      if (interval !== undefined)
        report = {
          ...report,
          intervals: report.intervals + 1,
          legacy: addCounts(report.legacy, interval.legacy),
          candidate: addCounts(report.candidate, interval.candidate),
          ttftP99Ms: interval.ttftP99Ms,
        };
    },
    report: () => report,
  };
}

const NO_WINDOWS = { count: 0, last: [] };
const NOTHING_TAKEN: TakenMark = {
  intervals: 0,
  legacy: NO_COUNTS,
  candidate: NO_COUNTS,
  windows: { error: 0, ttft: 0, timeout: 0 },
};

export interface Taking {
  readonly reports: ReadonlyMap<string, LegReport>;
  readonly taken: Taken;
  /** Number of the weight in force. */
  readonly seq: number;
  /** Counts of intervals too, not only what may call for a rollback at once. */
  readonly withIntervals: boolean;
}

/** Evidence of all gateways that is not in `taken` yet, and what is taken with it. */
export function takeReports({ reports, taken, seq, withIntervals }: Taking): { evidence: Evidence; taken: Taken } {
  const next: Record<string, TakenMark> = { ...taken };
  const windows: Record<Trigger, WindowCount[]> = { error: [], ttft: [], timeout: [] };
  const sums = { legacy: NO_COUNTS, candidate: NO_COUNTS };
  const p99s: number[] = [];
  let breaker: string | undefined;
  for (const [gateway, report] of reports) {
    const mark = next[gateway] ?? NOTHING_TAKEN;
    for (const trigger of TRIGGERS)
      windows[trigger].push(...untakenWindows(report.windows[trigger], mark.windows[trigger]));
    if (report.breaker?.seq === seq) breaker ??= report.breaker.text;
    const seen = { ...mark, windows: windowMarks(report, mark) };
    next[gateway] = seen;
    // A report from before this gateway led itself is older than what was taken.
    if (!withIntervals || report.intervals <= mark.intervals) continue;
    sums.legacy = addCounts(sums.legacy, minus(report.legacy, mark.legacy));
    sums.candidate = addCounts(sums.candidate, minus(report.candidate, mark.candidate));
    if (report.ttftP99Ms !== undefined) p99s.push(report.ttftP99Ms);
    const { intervals, legacy, candidate } = report;
    next[gateway] = { ...seen, intervals, legacy, candidate };
  }
  const closed = TRIGGERS.filter((trigger) => windows[trigger].length > 0);
  return {
    taken: next,
    evidence: {
      ...(closed.length > 0 && { windows: Object.fromEntries(closed.map((trigger) => [trigger, windows[trigger]])) }),
      // Of several gateways the slowest speaks: from P99s no common one can be told.
      ...(withIntervals && { interval: { ...sums, ...(p99s.length > 0 && { ttftP99Ms: Math.max(...p99s) }) } }),
      ...(breaker !== undefined && { breaker }),
    },
  };
}

function untakenWindows({ count, last }: LegReport["windows"][Trigger], taken: number): readonly WindowCount[] {
  const missing = Math.min(last.length, Math.max(0, count - taken));
  return last.slice(last.length - missing);
}

function windowMarks(report: LegReport, { windows }: TakenMark): TakenMark["windows"] {
  const at = (trigger: Trigger): number => Math.max(windows[trigger], report.windows[trigger].count);
  return { error: at("error"), ttft: at("ttft"), timeout: at("timeout") };
}

function minus(a: ArmCounts, b: ArmCounts): ArmCounts {
  return {
    requests: a.requests - b.requests,
    errors: a.errors - b.errors,
    timeouts: a.timeouts - b.timeouts,
    ttfts: a.ttfts - b.ttfts,
    slow: a.slow - b.slow,
    rejected: a.rejected - b.rejected,
  };
}
