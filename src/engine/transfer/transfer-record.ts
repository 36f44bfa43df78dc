// What an engine's transfers were, for its metrics.

export interface Transfer {
  readonly bytes: number;
  /** Of the modelled link, in simulated time. */
  readonly ms: number;
  readonly blocks: number;
}

/** Read by the metrics page; lists are emptied by reading. */
export interface TransferRecord {
  takeTransfers(): readonly Transfer[];
  readonly failures: number;
  /** Pulls that were reported for blocks no longer kept. */
  readonly lateWords: number;
}

export interface TransferEvents extends TransferRecord {
  came(transfer: Transfer): void;
  failed(): void;
  late(): void;
}

export function transferEvents(): TransferEvents {
  const ended: Transfer[] = [];
  let failures = 0;
  let lateWords = 0;
  return {
    came: (transfer) => void ended.push(transfer),
    failed: () => void failures++,
    late: () => void lateWords++,
    takeTransfers: () => ended.splice(0),
    get failures() {
      return failures;
    },
    get lateWords() {
      return lateWords;
    },
  };
}
