// A migration's status on one screen of a terminal.
import type { MigrationStatus } from "../status.ts";
import { nextStepText } from "./next-step.ts";
import { countsText, durationText, intervalText, numberText, percentText, preflightTexts, timeText } from "./words.ts";

const BAR = 20;

export function statusText(status: MigrationStatus): string {
  const { plan, at } = status;
  const { step, verdict, ended } = plan;
  const lines = [
    `${plan.name}  ${plan.phase.toUpperCase()}  version ${plan.version}  ${timeText(at)}`,
    step === undefined
      ? "step      none yet"
      : `step      ${step.number}/${step.of}  ${step.note}  soaked ${durationText(plan.progress.soakedMs)} of ${durationText(step.soakMs)}, ${plan.progress.candidate.requests} of ${step.minRequests} requests`,
    `weight    ${weightText(status)}`,
    ...(["legacy", "candidate"] as const).map((name) => armLine(status, name)),
    ...(ended === undefined ? [] : [`ended     by ${ended.by}, ${timeText(ended.at)}: ${ended.reasons.join("; ")}`]),
    ...(verdict === undefined ? [] : [`verdict   ${verdict.verdict}: ${verdict.reasons.join("; ")}`]),
    ...preflightTexts(plan).map((text) => `probe     ${text}`),
    ...shadowLine(status),
    ...plan.blockers.map(({ kind, text, hold }) => `${hold ? "HOLDS" : "waits"}     ${kind}: ${text}`),
    `next      ${nextStepText(status)}`,
    ...plan.meters.triggers.map((one) => meterLine(one.trigger, one.way, `${one.bad}/${one.requests} bad`)),
    ...plan.meters.relative.map((one) =>
      meterLine(`${one.kind} vs legacy`, one.way, `${numberText(one.events)} events`),
    ),
    ...status.gates.map(gateLine),
    ...status.faults.map((fault) => `FAULT     ${fault}`),
  ];
  return `${lines.map(printable).join("\n")}\n`;
}

function weightText({ plan, share }: MigrationStatus): string {
  const actual =
    share.sessions === 0
      ? "no session yet"
      : `${percentText(share.candidate / share.sessions)} of ${share.sessions} sessions`;
  return `set ${percentText(plan.weight)}${plan.weightConfirmed ? "" : " (being applied)"}  actual ${actual}${share.mismatch ? "  NOT AS SET" : ""}`;
}

function armLine({ arms }: MigrationStatus, name: "legacy" | "candidate"): string {
  const { where, model, ready, workers, inflight } = arms[name];
  return `${name.padEnd(10)}${where}  ${model}  ${ready}/${workers} ready, ${inflight} in flight`;
}

function shadowLine({ shadow }: MigrationStatus): readonly string[] {
  if (shadow === undefined) return [];
  const brake = shadow.brake === undefined ? "" : `, braked: ${shadow.brake}`;
  const leftOut = countsText({ ...shadow.excluded, ...shadow.dropped });
  const without = leftOut === "none" ? "" : `, left out: ${leftOut}`;
  const due = shadow.verdictAt === undefined ? "" : `, verdict from ${timeText(shadow.verdictAt)}`;
  return [
    `shadow    ${shadow.pairs} pairs of ${shadow.sent} sent at ${percentText(shadow.fraction)}${without}${brake}${due}`,
  ];
}

function meterLine(name: string, way: number, text: string): string {
  const full = Math.round(BAR * Math.min(1, Math.max(0, way)));
  return `${name.padEnd(20)}[${"#".repeat(full)}${".".repeat(BAR - full)}] ${percentText(way).padStart(8)} to rollback  ${text}`;
}

function gateLine({ what, arm, rate, low, high, n, tolerated }: MigrationStatus["gates"][number]): string {
  const limit = tolerated === undefined ? "" : `, tolerated ${percentText(tolerated)}`;
  const seen = n === 0 ? "none counted yet" : `${percentText(rate)} [${intervalText(low, high)}] n=${n}`;
  return `${`${what} ${arm}`.padEnd(28)}${seen}${limit}`;
}

/** Names and reasons come from others: no control characters reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}]/gu, " ");
}
