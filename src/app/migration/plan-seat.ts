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
  /** Id of the gateway that moves the plan; undefined while nobody does. "alone" without others. */
  readonly driver: string | undefined;
  state(): PlanState;
  /** Facts of a gateway that does not drive are left out, its commands refused. Throws as a plan's runner. */
  dispatch(event: PlanEvent): Refusal | undefined;
  /** What the legs at this gateway say. */
  evidence(evidence: Evidence): void;
  /** What is wrong with it. */
  faults(): readonly string[];
  close(): Promise<void>;
}

export interface SoleOptions extends PlanRunnerOptions {
  /** Facts go this way, to be seen by the audit. */
  readonly onFact: (event: PlanEvent) => void;
}

export function soleSeat({ onFact, ...options }: SoleOptions): PlanSeat {
  const runner = planRunner(options);
  return {
    driver: "alone",
    state: () => runner.state(),
    dispatch: (event) => runner.dispatch(event),
    evidence: (evidence) => onFact({ type: "evidence", evidence }),
    faults: () => (runner.behind ? ["the migration log lacks the way back, until it can be written"] : []),
    close: async () => options.log.close(),
  };
}
