// What a change of the plan leaves behind: its line in the audit log, its evidence, its news to people.
import { type Clock, toError } from "../../core/index.ts";
import type { AuditPoint, PlanEffect, PlanEvent, PlanState, ShareReading } from "../../migration/index.ts";
import { type driverParts } from "./driver-parts.ts";
import { saveEvidence } from "./evidence-bundle.ts";
import type { Faults } from "./faults.ts";

export interface AftermathParts extends Pick<
  ReturnType<typeof driverParts>,
  "folder" | "share" | "audit" | "failures" | "notify"
> {
  readonly plan: string;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Undefined before the plan runs. */
  readonly state: () => PlanState | undefined;
}

export interface Aftermath {
  noteChange(before: PlanState, after: PlanState, event: PlanEvent): void;
  /** Another gateway moved the plan. */
  noteFollowed(before: PlanState, after: PlanState, leader: string | undefined): void;
  keepEvidence(reasons: readonly string[]): void;
  tellPeople(news: PlanEffect & { readonly type: "notify" }): void;
}

export function aftermath(parts: AftermathParts): Aftermath {
  const { clock, faults } = parts;

  function attempt(name: "audit" | "evidence", text: string, run: () => void): void {
    try {
      run();
      faults.clear(name);
    } catch (error) {
      faults.raise(name, `${text}: ${toError(error).message}`);
    }
  }

  return {
    noteChange(before, after, event) {
      if (before.version === after.version) return;
      const isCommand = event.type === "command";
      const text = isCommand && "reason" in event.command ? event.command.reason : after.ended?.reasons.join("; ");
      attempt("audit", "the audit log cannot be written", () =>
        parts.audit.add({
          at: clock.epoch(),
          who: isCommand ? event.actor : "plan",
          what: isCommand ? event.command.name : event.type,
          from: pointOf(before),
          to: pointOf(after),
          ...(text !== undefined && { text }),
        }),
      );
    },
    noteFollowed(before, after, leader) {
      if (before.version === after.version) return;
      attempt("audit", "the audit log cannot be written", () =>
        parts.audit.add({
          at: clock.epoch(),
          who: leader ?? "plan",
          what: "followed",
          from: pointOf(before),
          to: pointOf(after),
          ...(after.ended !== undefined && { text: after.ended.reasons.join("; ") }),
        }),
      );
    },
    /** After the present turn: the traffic moves first, files are for later. */
    keepEvidence: (reasons) => void setImmediate(() => saveNow(parts, { reasons, attempt })),
    tellPeople: (news) => void setImmediate(() => tellNow(parts, news)),
  };
}

interface Saving {
  readonly reasons: readonly string[];
  readonly attempt: (name: "evidence", text: string, run: () => void) => void;
}

function saveNow({ state, clock, folder, failures, share, faults }: AftermathParts, { reasons, attempt }: Saving) {
  const now = state();
  if (now === undefined) return;
  const status: { share: ShareReading; faults: readonly string[] } = { share: share.reading(), faults: faults.list() };
  attempt("evidence", "the evidence cannot be saved", () =>
    saveEvidence(folder.evidence, { at: clock.epoch(), reasons, state: now, legs: failures.list(), status }),
  );
}

function tellNow({ state, plan, clock, notify }: AftermathParts, { kind, text }: PlanEffect & { type: "notify" }) {
  const now = state();
  if (now === undefined) return;
  const { phase, version, weight } = now;
  notify.tell({ plan, kind, text, at: clock.epoch(), phase, version, weight: weight.set });
}

function pointOf({ phase, step, weight, version }: PlanState): AuditPoint {
  return { phase, step, weight: weight.set, version };
}
