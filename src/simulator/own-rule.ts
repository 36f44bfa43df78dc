// The shipped decision as a rule of a simulation.
import { decideScale, NEW_SCALE_STATE, type ScaleDecision, type ScaleSettings } from "../autoscaling/index.ts";
import type { ScaleRule } from "./scale-rule.ts";

/** `heard` gets each decision with its reason. */
export function ownRule(settings: ScaleSettings, heard?: (decision: ScaleDecision) => void): ScaleRule {
  let state = NEW_SCALE_STATE;
  return {
    intervalMs: settings.intervalMs,
    decide(seen, now) {
      const decided = decideScale(state, seen, { settings, now });
      state = decided.state;
      heard?.(decided.decision);
      return decided.decision;
    },
  };
}
