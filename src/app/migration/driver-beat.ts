// What a driver does again and again: evidence at each interval, the state of the arms, the shadow's and the plan's ticks, probes of the candidate.
import type { MigrationConfig } from "../../config/index.ts";
import type { Clock, Timer } from "../../core/index.ts";
import type { ActualShare, LegCounter, MigrationPlan, PlanEvent } from "../../migration/index.ts";
import { isLive, rollbackIsBlind, wantsBaseline } from "./driver-rules.ts";
import type { Faults } from "./faults.ts";
import type { legacyBaseline } from "./legacy-baseline.ts";
import type { PlanArms } from "./plan-arms.ts";
import type { PlanSeat } from "./plan-seat.ts";
import type { Shadow } from "./shadow.ts";

export interface BeatParts {
  readonly config: MigrationConfig;
  readonly inForce: Pick<MigrationPlan, "checkIntervalMs">;
  readonly clock: Clock;
  readonly arms: PlanArms;
  readonly counter: LegCounter;
  readonly share: ActualShare;
  readonly baseline: ReturnType<typeof legacyBaseline>;
  readonly shadow: Shadow;
  readonly faults: Faults;
  readonly seat: PlanSeat;
  readonly dispatch: (event: PlanEvent) => unknown;
}

const FIRST_MS = 1000;
const CAPACITY_MS = 1000;

export function driverBeat(parts: BeatParts): { close(): void } {
  const { clock, arms, counter, seat, faults, dispatch } = parts;
  const { checkIntervalMs: checkMs } = parts.inForce;
  const probeMs = parts.config.rollback.probeSeconds * 1000;
  const timers: { tick: Timer; probe: Timer; capacity: Timer } = {
    tick: clock.after(Math.min(checkMs, FIRST_MS), tick),
    probe: clock.after(probeMs, probe),
    capacity: clock.after(CAPACITY_MS, lookAtCapacity),
  };
  let closed = false;

  function tick(): void {
    tellOfArms(parts);
    parts.shadow.tick();
    dispatch({ type: "tick" });
    if (rollbackIsBlind(seat.state(), { blindSince: faults.since("log"), now: clock.epoch() })) {
      dispatch({ type: "evidence", evidence: { breaker: "breaker: the migration log cannot be written" } });
    }
    if (!closed) timers.tick = clock.after(checkMs, tick);
  }

  function probe(): void {
    const workers = arms.all("candidate");
    if (isLive(seat.state()) && workers.some((one) => one.state !== "starting")) {
      const evidence = counter.noteProbe(arms.candidate.workers().length > 0, clock.epoch());
      if (evidence !== undefined) seat.evidence(evidence);
    }
    if (!closed) timers.probe = clock.after(probeMs, probe);
  }

  /** A hold that is over must not stand until the next check: workers of a gateway that has just begun come one by one. */
  function lookAtCapacity(): void {
    if (!seat.state().legacyCanTakeAll) tellOfCapacity(parts);
    if (!closed) timers.capacity = clock.after(CAPACITY_MS, lookAtCapacity);
  }

  return {
    close() {
      closed = true;
      timers.capacity.cancel();
      timers.tick.cancel();
      timers.probe.cancel();
    },
  };
}

function tellOfCapacity({ arms, seat, dispatch }: Pick<BeatParts, "arms" | "seat" | "dispatch">): void {
  const legacy = arms.all("legacy");
  const legacyCanTakeAll = legacy.length > 0 && legacy.every((one) => one.state === "ready");
  if (legacyCanTakeAll !== seat.state().legacyCanTakeAll) dispatch({ type: "capacity", legacyCanTakeAll });
}

function tellOfArms({ clock, arms, counter, share, baseline, seat, dispatch }: BeatParts): void {
  const state = seat.state();
  if (isLive(state)) {
    seat.evidence(counter.endInterval(clock.epoch()));
    const { mismatch } = share.reading();
    if (mismatch !== state.shareMismatch) dispatch({ type: "share", mismatch });
  }
  tellOfCapacity({ arms, seat, dispatch });
  if (!wantsBaseline(state)) return;
  const baselineMs = baseline.ms();
  if (baselineMs !== undefined) dispatch({ type: "baseline", baselineMs });
}
