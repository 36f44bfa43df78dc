// Why a stream whose worker is lost is not continued: a pure decision.
import type { LegFailure } from "../retry.ts";
import type { LimitKind } from "../leg-watch.ts";
import type { KeptStream } from "./kept-stream.ts";
import type { ContinuationPlan } from "./plan.ts";

/** What shows only while the stream runs; features of the request are in `features.ts`. */
export type ContinuationDenial =
  | NonNullable<KeptStream["lost"]>
  | "limit"
  | "time"
  | "no_other_worker"
  | "overlap"
  | "recalled";

export interface DenialQuestion {
  readonly failure: LegFailure | LimitKind;
  readonly stream: Pick<KeptStream, "lost" | "shown" | "cut" | "promptIds">;
  readonly plan: ContinuationPlan;
  /** Continuations so far. */
  readonly legs: number;
  readonly others: number;
  readonly remainingMs: number;
}

export function denialOf({
  failure,
  stream,
  plan,
  legs,
  others,
  remainingMs,
}: DenialQuestion): ContinuationDenial | undefined {
  if (failure === "total" || failure === "client_stall" || remainingMs <= 0) return "time";
  if (failure === "recalled") return "recalled";
  if (legs >= plan.settings.maxPerRequest) return "limit";
  if (stream.lost !== undefined) return stream.lost;
  if (stream.shown && stream.promptIds.length === 0) return "no_token_ids";
  // Drawn anew, it would not be what the client has.
  if (!plan.exact && stream.shown && stream.cut.tail !== "") return "overlap";
  return others > 0 ? undefined : "no_other_worker";
}
