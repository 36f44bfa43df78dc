// A probe for people: what failed first, then what is in doubt, then a count of the rest.
import type { ProbeCheck, ProbeResult } from "../migration/index.ts";

export interface ShownProbe extends ProbeResult {
  readonly overridden: readonly string[];
  readonly blocking: readonly string[];
}

export function probeText(result: ShownProbe, verbose: boolean): string {
  const { checks, legacy, candidate, blocking, overridden } = result;
  const of = (status: ProbeCheck["status"]) => checks.filter((one) => one.status === status);
  const lines = [
    `legacy     ${legacy.url}  ${legacy.models.join(", ")}  ${legacy.version ?? ""}`.trimEnd(),
    `candidate  ${candidate.url}  ${candidate.models.join(", ")}  ${candidate.version ?? ""}`.trimEnd(),
    "",
    ...of("fail").map((one) => line(failed(one, overridden), one)),
    ...of("warn").map((one) => line("warn", one)),
    ...(verbose ? [...of("pass").map((one) => line("pass", one)), ...of("skip").map((one) => line("skip", one))] : []),
    `${of("pass").length} passed, ${of("fail").length} failed, ${of("warn").length} in doubt, ${of("skip").length} not applicable; ${result.requests} requests in ${(result.ms / 1000).toFixed(1)} s`,
    verdict(result.outcome, blocking),
  ];
  return `${lines.join("\n")}\n`;
}

function failed({ id, hard }: ProbeCheck, overridden: readonly string[]): string {
  if (overridden.includes(id)) return "overridden";
  return hard ? "FAIL" : "fail (soft)";
}

function line(mark: string, { id, what, evidence }: ProbeCheck): string {
  return `${mark.padEnd(12)}${id.padEnd(26)} ${what}: ${evidence}`;
}

function verdict(outcome: ProbeResult["outcome"], blocking: readonly string[]): string {
  if (outcome === "unusable") return "An arm cannot be asked; nothing was compared.";
  if (blocking.length === 0) return "Nothing blocks a migration.";
  return `${blocking.length} hard ${blocking.length === 1 ? "failure blocks" : "failures block"} migrate start: ${blocking.join("; ")}`;
}
