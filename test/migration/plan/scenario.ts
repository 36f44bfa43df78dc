// A plan on a virtual clock: answers its effects as a healthy gateway would, and feeds evidence.
import { initialState, makePlan, reduce } from "../../../src/migration/index.ts";
import type { PlanEffect } from "../../../src/migration/plan/effect.ts";
import type { Command, PlanEvent } from "../../../src/migration/plan/event.ts";
import type { Outcome } from "../../../src/migration/plan/outcome.ts";
import { type MigrationPlan, type PlanSettings } from "../../../src/migration/plan/plan.ts";
import { type GateReport, type PlanState, type ShadowVerdict } from "../../../src/migration/plan/state.ts";
import { type ArmCounts, type Interval, NO_COUNTS } from "../../../src/migration/rollback/evidence.ts";

export const PASS: GateReport = { status: "pass", reasons: [] };
export const PROCEED: ShadowVerdict = { verdict: "PROCEED", reasons: ["not worse"] };

export interface Scenario {
  now: number;
  readonly state: PlanState;
  /** All effects so far, oldest first. */
  readonly effects: readonly PlanEffect[];
  readonly events: readonly { at: number; event: PlanEvent }[];
  send(event: PlanEvent): Outcome;
  command(command: Command, expectedVersion?: number): Outcome;
  /** Check intervals pass: evidence, then a tick. */
  pass(ms: number, interval?: (state: PlanState) => Interval | undefined): void;
  texts(): string[];
  /** To the first canary step. */
  begin(): void;
  gate: (effect: PlanEffect & { type: "judgeStep" }) => GateReport | undefined;
  /** Confirm weights at once. */
  confirms: boolean;
}

export function scenario(
  settings: Partial<PlanSettings> = {},
  plan: MigrationPlan = makePlan({ name: "test", ...settings }),
): Scenario {
  let state = initialState(plan, 0);
  const effects: PlanEffect[] = [];
  const events: { at: number; event: PlanEvent }[] = [];
  const self = { now: 0, gate: () => PASS as GateReport | undefined, confirms: true } as unknown as {
    -readonly [K in keyof Scenario]: Scenario[K];
  };

  function answer(effect: PlanEffect): PlanEvent | undefined {
    if (effect.type === "setWeight" && self.confirms) return { type: "weightApplied", seq: effect.seq };
    if (effect.type === "runPreflight") return { type: "preflight", failures: [] };
    if (effect.type !== "judgeStep") return undefined;
    const report = self.gate(effect);
    return report === undefined ? undefined : { type: "gate", seq: effect.seq, look: effect.look, report };
  }

  self.send = (event) => {
    events.push({ at: self.now, event });
    const outcome = reduce(state, event, self.now);
    state = outcome.state;
    effects.push(...outcome.effects);
    for (const effect of outcome.effects) {
      const next = answer(effect);
      if (next !== undefined) self.send(next);
    }
    return outcome;
  };
  self.command = (command, expectedVersion) =>
    self.send({
      type: "command",
      actor: "ana",
      command,
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
    });
  self.pass = (ms, interval = healthy) => {
    for (const end = self.now + ms; self.now < end;) {
      self.now += plan.checkIntervalMs;
      const counts = interval(state);
      if (counts !== undefined) self.send({ type: "evidence", evidence: { interval: counts } });
      self.send({ type: "tick" });
    }
  };
  self.texts = () => effects.flatMap((effect) => (effect.type === "log" ? [effect.text] : []));
  self.begin = () => {
    self.command({ name: "start" });
    self.send({ type: "verdict", verdict: PROCEED });
    self.send({ type: "tick" });
  };
  Object.defineProperties(self, {
    state: { get: () => state },
    effects: { get: () => effects },
    events: { get: () => events },
  });
  return self;
}

/** 100 requests/s without a fault, split by the weight. */
export function healthy(state: PlanState): Interval {
  const candidate = Math.round(3000 * state.weight.set);
  return { legacy: counts(3000 - candidate), candidate: counts(candidate) };
}

export function counts(requests: number, fields: Partial<ArmCounts> = {}): ArmCounts {
  return { ...NO_COUNTS, requests, ttfts: requests, ...fields };
}
