// The two arms of a migration as the gateway sees them: where requests may go, and who is told how they ended.
import type { Worker } from "../../fleet/index.ts";
import type { Mirror } from "../mirror/mirror.ts";

export type ArmName = "legacy" | "candidate";

export interface ArmTarget {
  /** Workers that may get a request now. */
  readonly workers: () => readonly Worker[];
  /** The model's name on this arm; other than the client's, it is rewritten in request and response. */
  readonly model: string;
  /** Default: the candidate. */
  readonly arm?: ArmName;
  /** A server that somebody else runs: fields that we add for a vLLM may be refused there. */
  readonly foreign?: boolean;
  /** Longest wait for a first byte before the other arm is asked; the model's own limit when undefined. */
  readonly firstByteTimeoutMs?: number | undefined;
}

export interface SplitKey {
  readonly sessionKey: string | undefined;
  readonly requestId: string;
}

/** How one leg ended, whoever was answered in the end. */
export interface ArmLeg {
  readonly arm: ArmName;
  /** Epoch ms of the end. */
  readonly at: number;
  readonly class: ArmLegClass;
  /** Undefined when no token came, or when the answer was not streamed. */
  readonly ttftMs?: number;
  /** How long a first token was waited for when none came. */
  readonly waitedMs?: number;
  readonly worker?: string;
  readonly requestId?: string;
}

export type ArmLegClass =
  | "ok"
  /** The client left; neither arm's fault. */
  | "client-cancel"
  /** 4xx but 429: the caller's mistake, or a parameter that only this arm refuses. */
  | "client-4xx"
  | "overload-429"
  | "backend-5xx"
  | "timeout"
  /** Broken framing, an in-band error, an answer that is none. */
  | "protocol"
  /** No connection. */
  | "refused";

/** One model under a plan. Must not throw, must not wait. */
export interface Arms {
  readonly legacy: ArmTarget;
  readonly candidate: ArmTarget;
  /** Sticky by session; called once for each time that a request is to be sent. */
  choose(key: SplitKey): ArmName;
  /** The legacy arm takes what the candidate failed to do. False once it was released. */
  mayCross(): boolean;
  legEnded(leg: ArmLeg): void;
  /** Candidate requests without a first byte, to be taken back by a rollback. */
  readonly waiting: Set<Recallable>;
  /** Undefined while nothing is copied. */
  readonly mirror: Mirror | undefined;
}

export interface Recallable {
  /** Tried once on the legacy arm, unless bytes have reached the client. */
  recall(): void;
}

/** Takes back what the candidate has not begun to answer; returns how many. */
export function recallWaiting({ waiting }: Pick<Arms, "waiting">): number {
  const all = [...waiting];
  for (const one of all) one.recall();
  return all.length;
}
