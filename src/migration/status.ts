// What the admin API tells of a running migration: the JSON that `migrate status` and `migrate report` render.
import type { PairTexts } from "./compare/pair-texts.ts";
import type { PlanStatus } from "./plan/status.ts";
import type { PlanStep } from "./plan/plan.ts";
import type { Phase } from "./plan/state.ts";
import type { ShareReading } from "./split/actual-share.ts";
import type { Verdict } from "./verdict/judge-pairs.ts";

/** `GET /admin/v1/migrations` answers `{migrations: MigrationStatus[]}`; `…/{plan}` one of them. Times are epoch ms. */
export interface MigrationStatus {
  readonly schemaVersion: 1;
  readonly at: number;
  /** Phase, step, set weight, blockers, next event, detector meters, exit code. */
  readonly plan: PlanStatus;
  readonly arms: { readonly legacy: ArmStatus; readonly candidate: ArmStatus };
  /** Sessions really sent to the candidate since the weight was set. */
  readonly share: ShareReading;
  /** The present step's rates: for display, decided on only at a look of the gate. */
  readonly gates: readonly LiveGate[];
  /** Absent when the plan has no shadow phase. */
  readonly shadow?: ShadowStatus;
  /** What does not work of the driver itself, for example a full disk. Empty while all is well. */
  readonly faults: readonly string[];
}

export interface ArmStatus {
  readonly source: "deployment" | "endpoint";
  /** Name of the deployment, or the address. */
  readonly where: string;
  readonly model: string;
  readonly workers: number;
  readonly ready: number;
  readonly inflight: number;
}

export interface LiveGate {
  readonly what: "errors" | "slow first tokens" | "timeouts" | "rejected";
  readonly arm: "legacy" | "candidate";
  readonly events: number;
  readonly n: number;
  readonly rate: number;
  /** Clopper–Pearson, 95 %. */
  readonly low: number;
  readonly high: number;
  /** Absent where only the difference of the arms is judged. */
  readonly tolerated?: number;
}

export interface ShadowStatus {
  readonly running: boolean;
  readonly fraction: number;
  readonly inflight: number;
  readonly sent: number;
  /** Pairs compared, and repeats of the legacy arm. */
  readonly pairs: number;
  readonly repeats: number;
  /** Sampled requests that were not sent, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Requests that were not sampled at all, by reason: `cold-start`, `opt-out`, `stateful`, `not-generation`. */
  readonly excluded?: Readonly<Record<string, number>>;
  /** Pairs lost because the client left, as `primary:waiting`, `primary:streaming`. */
  readonly clientGone: Readonly<Record<string, number>>;
  readonly spent: { readonly bytes: number; readonly tokens: number; readonly cost: number; readonly day: string };
  /** Why no request is copied now; absent when nothing brakes. */
  readonly brake?: string;
  /** Epoch ms at which the verdict is due at the earliest. */
  readonly verdictAt?: number;
  /** The last judgement; live ones before the declared time are for display only. */
  readonly verdict?: Verdict;
}

/** `GET /admin/v1/migrations/{plan}/report`. */
export interface MigrationReport {
  readonly schemaVersion: 1;
  readonly at: number;
  readonly release: string;
  /** SHA-256 of the plan as it was started. */
  readonly planHash: string;
  readonly steps: readonly PlanStep[];
  readonly status: MigrationStatus;
  /** Changes of phase, step and weight, in order. */
  readonly history: readonly HistoryEntry[];
  /** What people and the plan did: the last entries of the audit log. */
  readonly audit: readonly AuditEntry[];
  /** Absent before the first judgement. */
  readonly verdict?: Verdict;
  /** The last pairs' texts, masked; absent when the plan keeps none. */
  readonly texts?: readonly PairTexts[];
  /** Bundle folders that rollbacks left, newest last. */
  readonly evidence: readonly string[];
  /** TTFT of both arms over time, thinned to some hundred points; for the report's plot. */
  readonly series?: readonly SeriesPoint[];
}

export interface SeriesPoint {
  readonly at: number;
  /** Share of the interval's requests that went to the candidate. */
  readonly share?: number;
  readonly legacyTtftP99Ms?: number;
  readonly candidateTtftP99Ms?: number;
}

export interface HistoryEntry {
  readonly at: number;
  readonly phase: Phase;
  readonly step: number;
  readonly weight: number;
  readonly text: string;
}

export interface AuditEntry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly from: AuditPoint;
  readonly to: AuditPoint;
  readonly text?: string;
}

export interface AuditPoint {
  readonly phase: Phase;
  readonly step: number;
  readonly weight: number;
  readonly version: number;
}

/**
 * `POST /admin/v1/migrations/{plan}/{command}` with command start, promote, pause, resume, set, abort, rollback or rearm;
 * the body is the command's own fields and these. 200 with the new status, 409 with `{error: {message, refusal}}` when refused.
 */
export interface CommandRequest {
  readonly actor?: string;
  /** The version that was seen; another one is refused. */
  readonly version?: number;
  readonly override?: readonly string[];
  readonly force?: boolean;
  readonly reason?: string;
  readonly weight?: number;
}
