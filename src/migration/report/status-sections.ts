// The present of a migration: step, weight, arms, blockers, rates of this step, detector meters.
import type { LiveGate, MigrationStatus } from "../status.ts";
import type { ReportMeter, ReportSection } from "./document.ts";
import { nextStepText } from "./next-step.ts";
import { intervalText, numberText, percentText, preflightTexts, timeText } from "./words.ts";

export function statusSections(status: MigrationStatus): readonly ReportSection[] {
  return [now(status), arms(status), gates(status.gates), detectors(status)];
}

function now(status: MigrationStatus): ReportSection {
  const { plan, share, faults } = status;
  const { step, ttft } = plan;
  const actual =
    share.sessions === 0
      ? "no session seen yet"
      : `${percentText(share.candidate / share.sessions)} of ${share.sessions} sessions`;
  return {
    title: "Where it stands",
    lines: [
      `Phase ${plan.phase}${step === undefined ? "" : `, step ${step.number} of ${step.of}: ${step.note}`}; version ${plan.version}.`,
      `Weight: ${percentText(plan.weight)} set${plan.weightConfirmed ? "" : " (being applied)"}, actual ${actual}${share.mismatch ? ": not what was set" : ""}.`,
      `A first token is slow above ${ttft.thresholdMs} ms: ${slowFrom(ttft)}.`,
      ...preflightTexts(plan).map((text) => `The ${text}.`),
      ...plan.blockers.map(
        ({ kind, text, until }) =>
          `Waits (${kind}): ${text}${until === undefined ? "" : `, until ${timeText(until)}`}.`,
      ),
      `Next: ${nextStepText(status)}.`,
      ...(plan.ended === undefined
        ? []
        : [`Ended by ${plan.ended.by} at ${timeText(plan.ended.at)}: ${plan.ended.reasons.join("; ")}.`]),
      ...faults.map((fault) => `Fault of the driver: ${fault}.`),
    ],
  };
}

function slowFrom({ baselineMs, baselineFrom, fromBaselineMs, fromSloMs }: MigrationStatus["plan"]["ttft"]): string {
  const source = baselineFrom === "measured" ? "given or measured" : "the seed's, until the legacy arm is measured";
  const factor = Number((fromBaselineMs / baselineMs).toPrecision(3));
  const baseline = `${factor} × the baseline of ${baselineMs} ms (${source})`;
  return fromSloMs === undefined ? baseline : `the smaller of ${baseline} and ${fromSloMs} ms by the SLO`;
}

function arms({ arms: both, plan }: MigrationStatus): ReportSection {
  const { legacy, candidate } = plan.progress;
  const rows = (["legacy", "candidate"] as const).map((name) => {
    const arm = both[name];
    const counts = name === "legacy" ? legacy : candidate;
    return [
      name,
      arm.where,
      arm.source,
      arm.model,
      `${arm.ready}/${arm.workers}`,
      String(arm.inflight),
      String(counts.requests),
      String(counts.errors),
      String(counts.timeouts),
      `${counts.slow}/${counts.ttfts}`,
    ];
  });
  return {
    title: "Arms",
    table: {
      head: ["arm", "where", "kind", "model", "ready", "in flight", "requests", "errors", "timeouts", "slow TTFT"],
      rows,
    },
  };
}

function gates(list: readonly LiveGate[]): ReportSection {
  return {
    title: "Rates of this step",
    lines: list.length === 0 ? ["None are measured now."] : ["95 % intervals; live values are shown, not decided on."],
    table: { head: ["what", "arm", "rate", "interval", "events", "n", "tolerated"], rows: list.map(gateRow) },
  };
}

function gateRow({ what, arm, rate, low, high, events, n, tolerated }: LiveGate): readonly string[] {
  const limit = tolerated === undefined ? "by difference" : percentText(tolerated);
  const [shown, interval] = n === 0 ? ["–", "–"] : [percentText(rate), intervalText(low, high)];
  return [what, arm, shown, interval, String(events), String(n), limit];
}

function detectors({ plan: { meters } }: MigrationStatus): ReportSection {
  const absolute: readonly ReportMeter[] = meters.triggers.map((one) => ({
    name: one.trigger,
    way: one.way,
    text: `${one.bad} bad of ${one.requests}, tolerated ${percentText(one.tolerated)}, ${percentText(one.budgetSpent)} of the false-alarm budget used${one.fired ? "; FIRED" : ""}`,
  }));
  const relative: readonly ReportMeter[] = meters.relative.map((one) => ({
    name: `${one.kind} against legacy`,
    way: one.way,
    text: `${percentText(one.candidateRate)} against ${percentText(one.legacyRate)}, ${numberText(one.events)} events${one.fired ? "; FIRED" : ""}`,
  }));
  return { title: "Detectors: how far to a rollback", meters: [...absolute, ...relative] };
}
