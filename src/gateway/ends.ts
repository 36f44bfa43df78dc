// What a limit that was passed, or an answer that has come, means for the request and its worker.
import type { LegOutcome } from "../fleet/index.ts";
import type { LimitKind } from "./leg-watch.ts";
import type { Outcome } from "./record.ts";
import type { Relay } from "./relay.ts";
import type { LegFailure } from "./retry.ts";
import type { ForwardRoute } from "./routes.ts";

/** As what a request goes elsewhere that has passed a limit before its answer began; undefined: it does not. */
export function failureOfLimit(limit: LimitKind, crosses: boolean): LegFailure | undefined {
  switch (limit) {
    case "late":
    case "idle":
      return "late";
    case "leaving":
      return "drained";
    case "first_byte":
      return crosses ? "slow" : undefined;
    case "total":
    case "client_stall":
      return undefined;
  }
}

export function endOutcome(status: number, { failedInBand }: { readonly failedInBand: boolean }): Outcome {
  if (status >= 400) return "upstream_error";
  return failedInBand ? "interrupted" : "ok";
}

/** A stream of these routes has an end of its own: without it, nobody shall take it for whole. */
export function endedEarly({ body }: ForwardRoute, status: number, { unfinished }: Pick<Relay, "unfinished">): boolean {
  return status === 200 && unfinished === true && (body === "chat" || body === "completion");
}

/** Of a whole answer that is relayed. */
export function answerOutcome(status: number): LegOutcome {
  if (status < 500) return "ok";
  return status === 503 ? "overloaded" : "failed";
}
