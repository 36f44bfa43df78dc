// The evidence of one check interval in a rehearsal: counts of both arms, and the windows that filled.
import type { Random } from "../../core/index.ts";
import type { MigrationPlan } from "../plan/plan.ts";
import { addCounts, type ArmCounts, type Evidence, type TriggerName, TRIGGERS } from "../rollback/evidence.ts";
import { type ArmBehaviour, drawCount, slowShare } from "./arm-behaviour.ts";

export interface DrawnTraffic {
  readonly weight: number;
  readonly legacy: ArmBehaviour;
  readonly candidate: ArmBehaviour;
}

export type DrawEvidence = (traffic: DrawnTraffic) => Evidence;

export function evidenceDraw(plan: MigrationPlan, requestsPerSecond: number, random: Random): DrawEvidence {
  const { windowSize, ttft } = plan.rollback;
  const perInterval = (requestsPerSecond * plan.checkIntervalMs) / 1000;
  let open = { requests: 0, error: 0, ttft: 0, timeout: 0 };
  let owed = { legacy: 0, candidate: 0 };

  /** Whole requests; the rest is kept for the next interval. */
  function requests(arm: "legacy" | "candidate", share: number): number {
    const due = owed[arm] + perInterval * share;
    owed = { ...owed, [arm]: due - Math.floor(due) };
    return Math.floor(due);
  }

  function batch(behaviour: ArmBehaviour, count: number): ArmCounts {
    const timeouts = drawCount(random, count, behaviour.timeoutRate);
    const errors = timeouts + drawCount(random, count - timeouts, behaviour.errorRate);
    const slow = drawCount(random, count, slowShare(behaviour, ttft.thresholdMs));
    return { requests: count, errors, timeouts, ttfts: count, slow, rejected: 0 };
  }

  /** The candidate's requests one window after the other. */
  function windows(behaviour: ArmBehaviour, count: number): { counts: ArmCounts; closed: Evidence["windows"] } {
    const closed: Record<TriggerName, number[]> = { error: [], ttft: [], timeout: [] };
    let counts = batch(behaviour, 0);
    for (let left = count; left > 0;) {
      const part = batch(behaviour, Math.min(left, windowSize - open.requests));
      left -= part.requests;
      counts = addCounts(counts, part);
      open = {
        requests: open.requests + part.requests,
        error: open.error + part.errors,
        ttft: open.ttft + part.slow,
        timeout: open.timeout + part.timeouts,
      };
      if (open.requests < windowSize) break;
      for (const trigger of TRIGGERS) closed[trigger].push(open[trigger]);
      open = { requests: 0, error: 0, ttft: 0, timeout: 0 };
    }
    return { counts, closed };
  }

  return ({ weight, legacy, candidate }) => {
    const before = batch(legacy, requests("legacy", 1 - weight));
    const { counts, closed } = windows(candidate, requests("candidate", weight));
    const interval = { legacy: before, candidate: counts, ttftP99Ms: candidate.ttftP99Ms };
    return { interval, ...(closed === undefined ? {} : { windows: closed }) };
  };
}
