// From a log back to the state it describes.
import type { LogRecord } from "./log-codec.ts";
import { reduce } from "./reduce.ts";
import { initialState, type PlanState } from "./state.ts";

/** Undefined for an empty log. Effects are not repeated here: `restarted` names those that may be missing. */
export function replay(records: readonly LogRecord[]): PlanState | undefined {
  let state: PlanState | undefined;
  for (const record of records) {
    if (record.kind === "plan") state = initialState(record.plan, record.at);
    else if (record.kind === "snapshot") state = record.state;
    else if (state !== undefined) state = reduce(state, record.event, record.at).state;
  }
  return state;
}
