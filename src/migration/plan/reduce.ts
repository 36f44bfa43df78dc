// The state machine of a migration: (state, event, now) → (state, effects). Pure; the log of its events is the migration.
import { ROLLBACK_COMPLETE } from "../rollback/seed-rule.ts";
import type { PlanEffect } from "./effect.ts";
import type { PlanEvent } from "./event.ts";
import { onCommand } from "./on-command.ts";
import { onEvidence } from "./on-evidence.ts";
import { judgeEffect, onTick } from "./on-tick.ts";
import { changed, type Outcome, unchanged } from "./outcome.ts";
import { rebased } from "../rollback/ttft-threshold.ts";
import { type GateReport, isLive, type PlanState, type ShadowVerdict } from "./state.ts";

export function reduce(state: PlanState, event: PlanEvent, now: number): Outcome {
  switch (event.type) {
    case "command":
      return onCommand(state, event, now);
    case "tick":
      return onTick(state, now);
    case "evidence":
      return onEvidence(state, event.evidence, now);
    case "preflight":
      return onPreflight(state, event.failures);
    case "baseline":
      return onBaseline(state, event.baselineMs);
    case "verdict":
      return onVerdict(state, event.verdict);
    case "gate":
      return onGate(state, event);
    case "weightApplied":
      return onApplied(state, event.seq, now);
    case "capacity":
      return unchanged({ ...state, legacyCanTakeAll: event.legacyCanTakeAll });
    case "share":
      return unchanged({ ...state, shareMismatch: event.mismatch });
    case "restarted":
      return { state: { ...state, lastTickAt: now }, effects: outstanding(state) };
  }
}

/** What may not have been done when the process died; all of it may be done again. */
export function outstanding(state: PlanState): readonly PlanEffect[] {
  const { set: weight, seq, confirmed } = state.weight;
  const effects: PlanEffect[] = seq === 0 ? [] : [{ type: "setWeight", weight, seq }];
  if (state.phase === "preflight") effects.push({ type: "runPreflight" });
  if (state.phase === "shadowing") effects.push({ type: "startShadow" });
  if (state.phase === "completed") effects.push({ type: "releaseLegacy" });
  const { looks, gate } = state.progress;
  if (looks > (gate?.look ?? 0)) effects.push(judgeEffect(state));
  if (state.ended !== undefined && !confirmed) {
    effects.push({ type: "drainCandidate" }, { type: "saveEvidence", reasons: state.ended.reasons });
  }
  return effects;
}

function onPreflight(state: PlanState, failures: readonly string[]): Outcome {
  if (state.phase !== "preflight") return unchanged(state);
  const overridden = state.preflight?.overridden ?? [];
  const blocking = failures.filter((failure) => !overridden.includes(failure));
  const preflight = { failures, overridden };
  if (blocking.length > 0) {
    const text = `preflight failed: ${blocking.join(", ")}`;
    return changed({ ...state, phase: "draft", preflight }, [
      { type: "log", level: "error", text },
      { type: "notify", kind: "held", text },
    ]);
  }
  if (!state.plan.shadow) return changed({ ...state, phase: "ready", preflight });
  return changed({ ...state, phase: "shadowing", preflight }, [{ type: "startShadow" }]);
}

/** Once, and never while a step is watched by the threshold. A baseline that the plan names is not replaced. */
function onBaseline(state: PlanState, baselineMs: number): Outcome {
  const { rollback } = state.plan;
  if (isLive(state) || state.ended !== undefined || rollback.ttft.baselineFrom !== "seed-default")
    return unchanged(state);
  const ttft = rebased(rollback.ttft, baselineMs);
  const plan = { ...state.plan, rollback: { ...rollback, ttft } };
  const text = `TTFT baseline ${Math.round(baselineMs)} ms measured: slow above ${Math.round(ttft.thresholdMs)} ms`;
  return changed({ ...state, plan }, [{ type: "log", level: "info", text }]);
}

function onVerdict(state: PlanState, verdict: ShadowVerdict): Outcome {
  if (state.phase !== "shadowing") return unchanged(state);
  const text = `shadow verdict ${verdict.verdict}: ${verdict.reasons.join("; ")}`;
  const effects: PlanEffect[] = [
    { type: "log", level: "info", text },
    { type: "notify", kind: "verdict", text },
  ];
  return changed({ ...state, phase: verdict.verdict === "PROCEED" ? "ready" : "shadowing", verdict }, effects);
}

/** An answer to another weight or look comes too late and says nothing about this one. */
function onGate(state: PlanState, event: { seq: number; look: number; report: GateReport }): Outcome {
  const { progress } = state;
  if (event.seq !== state.weight.seq || event.look !== progress.looks || progress.gate?.look === event.look)
    return unchanged(state);
  const { status, reasons } = event.report;
  const text = `gate of step ${state.step + 1}, look ${event.look}: ${status}${reasons.map((one) => `; ${one}`).join("")}`;
  return changed({ ...state, progress: { ...progress, gate: { ...event.report, look: event.look } } }, [
    { type: "log", level: status === "fail" ? "warn" : "info", text },
  ]);
}

function onApplied(state: PlanState, seq: number, now: number): Outcome {
  if (seq !== state.weight.seq || state.weight.confirmed) return unchanged(state);
  const next = { ...state, weight: { ...state.weight, confirmed: true }, lastTickAt: now };
  return {
    state: next,
    effects: state.phase === "rolled-back" ? [{ type: "log", level: "error", text: ROLLBACK_COMPLETE }] : [],
  };
}
