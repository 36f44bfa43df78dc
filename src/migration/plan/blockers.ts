// Why a step does not end yet, in words: what `status` shows and what advancing asks.
import { durationText } from "../report/words.ts";
import { isLive, type PlanState } from "./state.ts";

export type BlockerKind =
  | "paused"
  | "weight"
  | "no-data"
  | "share"
  | "capacity"
  | "soak"
  | "requests"
  | "gate"
  | "approval"
  | "verdict";

export interface Blocker {
  readonly kind: BlockerKind;
  readonly text: string;
  /** Epoch ms at which it ends by itself, if nothing else happens. */
  readonly until?: number;
  /** Something is wrong, as opposed to: it takes its time. */
  readonly hold: boolean;
}

export function blockers(state: PlanState, now: number): readonly Blocker[] {
  if (!isLive(state)) return state.phase === "shadowing" || state.phase === "ready" ? beforeTraffic(state) : [];
  return [...general(state, now), ...ofStep(state, now)];
}

function beforeTraffic(state: PlanState): readonly Blocker[] {
  const list: Blocker[] = pausedBlocker(state);
  const { verdict } = state;
  if (state.phase === "shadowing") {
    const text = verdict === undefined ? "not yet judged" : `${verdict.verdict}: ${verdict.reasons.join("; ")}`;
    const isNo = verdict?.verdict === "INVESTIGATE" || verdict?.verdict === "REJECT";
    list.push({ kind: "verdict", text, hold: isNo });
  } else if (state.waitsForPromote) list.push({ kind: "approval", text: "waits for a promote", hold: false });
  if (!state.legacyCanTakeAll) list.push(capacityBlocker());
  return list;
}

/** What keeps any step from ending, whatever its own conditions. */
export function general(state: PlanState, now: number): readonly Blocker[] {
  const list: Blocker[] = pausedBlocker(state);
  const silentMs = now - state.lastCandidateAt;
  if (!state.weight.confirmed) list.push({ kind: "weight", text: "the weight is being applied", hold: false });
  if (silentMs > state.plan.noDataGraceMs) {
    const text = `no answer from the candidate for ${Math.round(silentMs / 1000)} s; missing data is not health`;
    list.push({ kind: "no-data", text, hold: true });
  }
  if (state.shareMismatch) list.push({ kind: "share", text: "the actual share is not the set weight", hold: true });
  if (!state.legacyCanTakeAll) list.push(capacityBlocker());
  return list;
}

function ofStep(state: PlanState, now: number): readonly Blocker[] {
  const step = state.plan.steps[state.step];
  const { progress } = state;
  const soakMs = state.phase === "holding" ? state.plan.finalHoldMs : (step?.soakMs ?? 0);
  const minRequests = step?.minRequests ?? 0;
  const list: Blocker[] = [];
  const leftMs = soakMs - progress.soakedMs;
  if (leftMs > 0)
    list.push({ kind: "soak", text: `soaks for ${durationText(leftMs)} more`, until: now + leftMs, hold: false });
  const requests = progress.candidate.requests;
  if (requests < minRequests)
    list.push({ kind: "requests", text: `${requests} of ${minRequests} requests`, hold: false });
  if (progress.gate?.status !== "pass") list.push(gateBlocker(state));
  if (step?.needsApproval === true && state.phase === "canary") {
    list.push({ kind: "approval", text: "waits for a promote", hold: false });
  }
  return list;
}

function gateBlocker({ progress: { gate, looks } }: PlanState): Blocker {
  if (gate === undefined) return { kind: "gate", text: looks === 0 ? "not yet judged" : "being judged", hold: false };
  return { kind: "gate", text: `${gate.status}: ${gate.reasons.join("; ")}`, hold: gate.status === "fail" };
}

function pausedBlocker({ paused }: PlanState): Blocker[] {
  if (paused === undefined) return [];
  return [{ kind: "paused", text: `paused by ${paused.by}: ${paused.reason}`, hold: false }];
}

function capacityBlocker(): Blocker {
  return { kind: "capacity", text: "the legacy arm could not take all traffic back", hold: true };
}
