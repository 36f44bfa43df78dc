// The way of one request between the arms: which workers, which body and limits, and what each leg is reported as.
import type { IncomingHttpHeaders } from "node:http";
import type { Worker } from "../../fleet/index.ts";
import { editBody } from "../../vllm/index.ts";
import type { Context } from "../context.ts";
import type { Decided } from "../decide.ts";
import type { Accepted } from "../intake.ts";
import type { LimitKind, WatchLimits } from "../leg-watch.ts";
import type { Copy } from "../mirror/mirror.ts";
import type { PromptIdentity } from "../prompt-identity.ts";
import type { LegRecord, Outcome, RequestRecord } from "../record.ts";
import type { Relay } from "../relay.ts";
import type { LegFailure } from "../retry.ts";
import type { ForwardRoute } from "../routes.ts";
import type { ArmLegClass, ArmName, Arms, ArmTarget, Recallable } from "./arms.ts";
import { classOfFailure, classOfOutcome } from "./leg-class.ts";
import { RenamingRelay } from "./renaming-relay.ts";
import { unsaltedEdit } from "../tenancy/tenant-edit.ts";

export interface LaneParts {
  readonly arms: Arms;
  readonly accepted: Accepted;
  readonly record: RequestRecord;
  readonly context: Context;
}

/** What was dispatched, for a copy of it. */
export interface SentLeg {
  readonly decided: Decided;
  readonly identity: PromptIdentity;
  readonly headers: IncomingHttpHeaders;
  readonly route: ForwardRoute;
}

/** Undefined for a model under no plan. */
export function laneOf({ context, accepted, record }: Omit<LaneParts, "arms">): Lane | undefined {
  const arms = context.options.arms?.(accepted.model.name);
  return arms && new Lane({ arms, accepted, record, context });
}

/** A class: one per request of a model under a plan. */
export class Lane {
  arm: ArmName = "legacy";
  /** The shadow of this request, when it has one. */
  copy: Copy | undefined;
  readonly #parts: LaneParts;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Decides anew, since the weight may have changed while the request waited. */
  enter(): readonly Worker[] {
    const { arms, accepted, record } = this.#parts;
    const key = { sessionKey: accepted.session(), requestId: record.id };
    this.arm = accepted.adapter === undefined ? arms.choose(key) : armOfAdapter(arms);
    const workers = this.#target().workers();
    if (workers.length > 0 || !this.crosses) return workers;
    // An arm without workers has failed this request, whoever answers it.
    this.#report("refused", undefined);
    return this.cross();
  }

  workers(): readonly Worker[] {
    return this.#target().workers();
  }

  /** A failed leg may be sent again on the legacy arm. */
  get crosses(): boolean {
    return this.arm === "candidate" && this.#parts.arms.mayCross();
  }

  get others(): readonly Worker[] {
    return this.crosses ? this.#parts.arms.legacy.workers() : this.workers();
  }

  cross(): readonly Worker[] {
    this.arm = "legacy";
    return this.workers();
  }

  limits(own: WatchLimits): WatchLimits {
    const { firstByteTimeoutMs } = this.#target();
    if (firstByteTimeoutMs === undefined) return own;
    return { ...own, firstByteTimeoutMs: Math.min(own.firstByteTimeoutMs, firstByteTimeoutMs) };
  }

  body(accepted = this.#parts.accepted): Buffer {
    return bodyFor({ ...this.#target(), arm: this.arm }, accepted);
  }

  /** The client reads another model name than the arm's. */
  get renames(): boolean {
    return renamesFor(this.#target(), this.#parts.accepted);
  }

  relay(relay: Relay): Relay {
    if (!this.renames) return relay;
    return new RenamingRelay(relay, { from: this.#target().model, to: this.#parts.accepted.model.name });
  }

  /** The leg is on its way: only now may a copy be thought of. */
  sent(exchange: Recallable, leg: SentLeg): void {
    const { arms, accepted, record, context } = this.#parts;
    if (this.arm === "candidate") arms.waiting.add(exchange);
    if (record.legs.length > 1) this.copy = this.copy?.drop();
    else if (accepted.adapter === undefined)
      this.copy = arms.mirror?.offer({ ...leg, accepted, record, context, arm: this.arm });
  }

  /** A leg before the one that answers: a rollback takes it back as well. */
  began(exchange: Recallable): void {
    if (this.arm === "candidate") this.#parts.arms.waiting.add(exchange);
  }

  /** From its first byte on the leg cannot be taken back. */
  settled(exchange: Recallable): void {
    this.#parts.arms.waiting.delete(exchange);
  }

  failed(leg: LegRecord, failure: LegFailure | LimitKind): void {
    this.#report(classOfFailure(failure), leg);
  }

  /** The last leg; one that failed was reported then. */
  finished(leg: LegRecord | undefined, outcome: Outcome): void {
    this.copy?.end(outcome);
    if (leg === undefined || leg.failure !== undefined) return;
    this.#report(classOfOutcome(outcome, this.#parts.record.status), leg);
  }

  #target(): ArmTarget {
    const { arms } = this.#parts;
    return this.arm === "candidate" ? arms.candidate : arms.legacy;
  }

  #report(ending: ArmLegClass, leg: LegRecord | undefined): void {
    const { arms, context, record } = this.#parts;
    const { clock } = context.options;
    const arm = leg?.arm ?? this.arm;
    arms.legEnded({ arm, at: clock.epoch(), class: ending, ...aboutLeg(leg, { record, ending, now: clock.now() }) });
  }
}

interface Seen {
  readonly record: RequestRecord;
  readonly ending: ArmLegClass;
  readonly now: number;
}

function aboutLeg(leg: LegRecord | undefined, { record, ending, now }: Seen) {
  if (leg === undefined) return { requestId: record.id };
  const about = { worker: leg.worker, requestId: leg.requestId };
  const { firstTokenAt } = record;
  if (firstTokenAt !== undefined && firstTokenAt >= leg.sentAt) return { ...about, ttftMs: firstTokenAt - leg.sentAt };
  // A whole answer has no first token to be waited for.
  const waited = record.stream || ending !== "ok";
  return waited && ending !== "client-4xx" ? { ...about, waitedMs: now - leg.sentAt } : about;
}

/** A plan compares models: of an adapter the candidate may know nothing, until it is all that is left. */
function armOfAdapter({ legacy }: Arms): ArmName {
  return legacy.workers().length > 0 ? "legacy" : "candidate";
}

/** An adapter has one name on all arms. */
function renamesFor({ model }: Pick<ArmTarget, "model">, accepted: Accepted): boolean {
  return accepted.adapter === undefined && model !== accepted.model.name;
}

/** The body as the arm takes it: the bytes as they are, or with the arm's model name spliced in and our own fields out. */
export function bodyFor(
  { model, arm, foreign = false }: Pick<ArmTarget, "model" | "foreign" | "arm">,
  accepted: Accepted,
): Buffer {
  if (accepted.request === undefined) return accepted.body;
  const renames = renamesFor({ model }, accepted);
  const asksIds = foreign && accepted.continuation?.ownIds === false;
  const edit = arm === "legacy" ? unsaltedEdit(accepted) : {};
  if (!renames && !asksIds && Object.keys(edit).length === 0) return accepted.body;
  return editBody(accepted.body, {
    remove: [...(edit.remove ?? []), ...(asksIds ? ["return_token_ids"] : [])],
    set: { ...edit.set, ...(renames && { model: JSON.stringify(model) }) },
  });
}
