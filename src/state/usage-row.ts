// One finished request in the ledger, and sums over many.

export interface UsageRow {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly tenant: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Billionths of the money unit. */
  readonly cost: number;
  readonly outcome: string;
  readonly status: number;
  readonly latencyMs: number;
  /** The worker's own count never came. */
  readonly estimated: boolean;
}

export interface UsageFilter {
  /** Epoch ms, inclusive. */
  readonly from: number;
  /** Of those at `from` itself only the ones whose id is greater. */
  readonly after?: string | undefined;
  /** Exclusive. */
  readonly to: number;
  readonly tenant?: string | undefined;
  readonly limit?: number;
}

/** Of one tenant, key and model on one UTC day. */
export interface UsageSum {
  /** Start of the day, epoch ms. */
  readonly day: number;
  readonly tenant: string;
  readonly keyId: string | undefined;
  readonly model: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly cost: number;
}
