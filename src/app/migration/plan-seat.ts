// Who moves a plan: this process alone, or the leader of several gateways.
import {
  type Evidence,
  type PlanEffect,
  type PlanEvent,
  planRunner,
  type PlanRunnerOptions,
  type PlanState,
  type Refusal,
} from "../../migration/index.ts";

export type Answer = (event: PlanEvent) => void;
export type WeightEffect = PlanEffect & { readonly type: "setWeight" };

export interface PlanSeat {
  state(): PlanState;
  /** Facts of a gateway that does not drive are left out, its commands refused. Throws as a plan's runner. */
  dispatch(event: PlanEvent): Refusal | undefined;
  /** What the legs at this gateway say. */
  evidence(evidence: Evidence): void;
  /** What is wrong with it. */
  faults(): readonly string[];
  close(): Promise<void>;
}

/** A fault of the runner. */
export const LOG_BEHIND = "the migration log lacks the way back, until it can be written";

export interface SoleOptions extends PlanRunnerOptions {
  /** Facts go this way, to be seen by the audit. */
  readonly onFact: (event: PlanEvent) => void;
}

export function soleSeat({ onFact, ...options }: SoleOptions): PlanSeat {
  const runner = planRunner(options);
  return {
    state: () => runner.state(),
    dispatch: (event) => runner.dispatch(event),
    evidence: (evidence) => onFact({ type: "evidence", evidence }),
    faults: () => (runner.behind ? [LOG_BEHIND] : []),
    close: async () => options.log.close(),
  };
}
