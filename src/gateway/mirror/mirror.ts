// The mirror as an exchange sees it: offered a request after its dispatch, told what came back; it is never waited for.
import type { IncomingHttpHeaders } from "node:http";
import type { ArmName } from "../arms/arms.ts";
import type { Context } from "../context.ts";
import type { Decided } from "../decide.ts";
import type { Accepted } from "../intake.ts";
import type { PromptIdentity } from "../prompt-identity.ts";
import type { Outcome, RequestRecord } from "../record.ts";
import type { ForwardRoute } from "../routes.ts";

export interface Mirror {
  /** Undefined when the request is not copied. Synchronous and cheap; the copy is made and sent later. */
  offer(request: MirrorOffer): Copy | undefined;
}

export interface MirrorOffer {
  readonly context: Context;
  readonly route: ForwardRoute;
  readonly accepted: Accepted;
  readonly identity: PromptIdentity;
  readonly record: RequestRecord;
  readonly headers: IncomingHttpHeaders;
  readonly decided: Decided;
  readonly arm: ArmName;
}

/** The shadow of one request, fed with the primary's answer. */
export interface Copy {
  head(status: number, headers: IncomingHttpHeaders): void;
  /** The bytes as the worker sent them; kept by reference, within limits. */
  chunk(chunk: Buffer, now: number): void;
  end(outcome: Outcome): void;
  /** The primary was sent again: what it answers has no pair. */
  drop(): undefined;
}
