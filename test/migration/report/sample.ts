// A report with everything in it, by the real state machine; names and reasons are hostile.
import { judgePairs, type MigrationReport, makePlan, rehearsalReport, rehearse } from "../../../src/migration/index.ts";
import { seededRandom } from "../../../src/core/index.ts";

export const HOSTILE = `<script>alert(1)</script>"'|\n# x`;

export function sampleReport(changes: Partial<MigrationReport> = {}): MigrationReport {
  const healthy = { errorRate: 0.001, timeoutRate: 0, ttftP99Ms: 500 };
  const rehearsal = rehearse({
    plan: makePlan({ name: "to-fleet", requestsPerSecond: 5, timeScale: 1 }),
    requestsPerSecond: 5,
    legacy: healthy,
    candidate: healthy,
    changesAt: 0.1,
    changed: { ...healthy, errorRate: 0.1 },
    seed: "sample",
    startAt: Date.UTC(2026, 10, 23),
  });
  const report = rehearsalReport(rehearsal, "1.2.3");
  const audit = report.history.map(({ at, phase, step, weight }) => {
    const point = { phase, step, weight, version: 3 };
    return { at, who: HOSTILE, what: "promote", from: point, to: point, text: "why not" };
  });
  const legacy = { ...report.status.arms.legacy, where: HOSTILE };
  const status = { ...report.status, arms: { ...report.status.arms, legacy }, faults: ["disk full"] };
  return { ...report, audit, evidence: ["/state/evidence/1"], status, ...changes };
}

export function emptyVerdict() {
  const facts = { eligibleSessions: 0, sampledSessions: 0, fraction: 0.1, sent: 0, dropped: {}, clientGone: 0 };
  return judgePairs([], { facts, slowTtftMs: { slo: 500 }, random: seededRandom(1) });
}
