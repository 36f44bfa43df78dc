// What the end of a leg counts as, from what the gateway saw of it.
import type { LimitKind } from "../leg-watch.ts";
import type { Outcome } from "../record.ts";
import type { LegFailure } from "../retry.ts";
import type { ArmLegClass } from "./arms.ts";

const OF_FAILURE: Readonly<Record<LegFailure | LimitKind, ArmLegClass>> = {
  refused: "refused",
  broken: "protocol",
  overloaded: "backend-5xx",
  engine: "backend-5xx",
  // Its listener is gone while the stream hangs.
  silent: "refused",
  slow: "timeout",
  late: "timeout",
  // The other worker of the pair, or the link.
  kv_load: "backend-5xx",
  // A rollback took it back: the gateway's doing, which says nothing about the arm.
  recalled: "client-cancel",
  preempted: "client-cancel",
  drained: "client-cancel",
  leaving: "client-cancel",
  first_byte: "timeout",
  idle: "timeout",
  total: "timeout",
  client_stall: "client-cancel",
};

export function classOfFailure(failure: LegFailure | LimitKind): ArmLegClass {
  return OF_FAILURE[failure];
}

export function classOfOutcome(outcome: Outcome, status: number): ArmLegClass {
  if (outcome === "aborted") return "client-cancel";
  if (status === 429) return "overload-429";
  if (status >= 500) return "backend-5xx";
  if (status >= 400) return "client-4xx";
  return outcome === "ok" ? "ok" : "protocol";
}
