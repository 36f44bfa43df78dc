// A rehearsal as a migration report, so that it is rendered by the same pages.
import { createHash } from "node:crypto";
import { clopperPearson } from "../../stats/index.ts";
import { planStatus } from "../plan/status.ts";
import type { MigrationReport } from "../status.ts";
import type { Rehearsal } from "./rehearse.ts";

export function rehearsalReport(rehearsal: Rehearsal, release: string): MigrationReport {
  const { state, at, history, series, candidateRequests } = rehearsal;
  const { plan, weight } = state;
  const arm = (where: string) => ({
    source: "endpoint" as const,
    where,
    model: plan.name,
    workers: 0,
    ready: 0,
    inflight: 0,
  });
  const share = {
    weight: weight.set,
    sessions: 0,
    candidate: 0,
    interval: clopperPearson(0, 1, 0.95),
    mismatch: false,
  };
  return {
    schemaVersion: 1,
    at,
    release,
    planHash: createHash("sha256").update(JSON.stringify(plan)).digest("hex"),
    steps: plan.steps,
    status: {
      schemaVersion: 1,
      at,
      plan: planStatus(state, at),
      arms: { legacy: arm("rehearsed legacy"), candidate: arm(`rehearsed candidate, ${candidateRequests} requests`) },
      share,
      gates: [],
      faults: [],
    },
    history,
    audit: [],
    evidence: [],
    series,
  };
}
