// The limits within which requests are copied; every one of them ends in a dropped copy, never in a wait.

export interface MirrorSettings {
  /** Copies running at once. There is no queue behind it. */
  readonly maxInflight: number;
  /** After the primary's end: how long its pair is waited for. */
  readonly pairLimitMs: number;
  /** A copy's whole life. */
  readonly requestLimitMs: number;
  /** Kept of each answer, and the longest body that is copied. */
  readonly maxAnswerBytes: number;
  readonly maxBodyBytes: number;
  /** Per UTC day; undefined = no cap. */
  readonly maxBytesPerDay: number | undefined;
  readonly maxTokensPerDay: number | undefined;
  readonly maxCostPerDay: number | undefined;
  readonly costPerMillionTokens: number;
  /** Nothing is copied for so long after the start: neither side's caches are warm. */
  readonly coldStartMs: number;
  /** The request's body goes with its pair: for texts that are kept, and for scoring. */
  readonly keepRequests: boolean;
  readonly brake: BrakeSettings;
}

export interface BrakeSettings {
  readonly loopLagMs: number;
  /** Of the primary's last answers; undefined = not watched. */
  readonly primaryP99Ms: number | undefined;
  readonly holdMs: number;
}

export const MIRROR_SETTINGS: MirrorSettings = {
  maxInflight: 64,
  pairLimitMs: 30_000,
  requestLimitMs: 60_000,
  maxAnswerBytes: 1 << 20,
  maxBodyBytes: 1 << 20,
  maxBytesPerDay: undefined,
  maxTokensPerDay: undefined,
  maxCostPerDay: undefined,
  costPerMillionTokens: 0,
  coldStartMs: 60_000,
  keepRequests: false,
  brake: { loopLagMs: 50, primaryP99Ms: undefined, holdMs: 10_000 },
};
