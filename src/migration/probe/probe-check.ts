// What a probe found: one row a check, with what speaks for it, and what blocks the start of a migration.

/** skip = says nothing: the legacy arm does not have it either, or it cannot be seen from here. */
export type CheckStatus = "pass" | "warn" | "fail" | "skip";

export interface ProbeCheck {
  /** Stable; what `--override` names. */
  readonly id: string;
  readonly what: string;
  readonly status: CheckStatus;
  /** A failure blocks `migrate start` unless it is overridden by its id. */
  readonly hard: boolean;
  readonly evidence: string;
}

export interface ArmIdentity {
  readonly url: string;
  readonly models: readonly string[];
  readonly version?: string;
  readonly server?: string;
  readonly fingerprint?: string;
}

export interface ProbeResult {
  readonly format: 1;
  /** `unusable`: an arm could not be asked at all. */
  readonly outcome: "pass" | "fail" | "unusable";
  /** Ids of hard checks that failed: what a plan's preflight takes. */
  readonly failures: readonly string[];
  readonly checks: readonly ProbeCheck[];
  readonly legacy: ArmIdentity;
  readonly candidate: ArmIdentity;
  readonly requests: number;
  readonly ms: number;
}

/** A finding without its name: what the code of a check returns. */
export type Finding = Pick<ProbeCheck, "status" | "evidence">;

export function pass(evidence: string): Finding {
  return { status: "pass", evidence };
}

export function warn(evidence: string): Finding {
  return { status: "warn", evidence };
}

export function fail(evidence: string): Finding {
  return { status: "fail", evidence };
}

export function skip(evidence: string): Finding {
  return { status: "skip", evidence };
}
