// What the autoscaler is told of one pool at one moment; unknown is undefined, never 0.

export interface PoolSample {
  readonly workers: readonly WorkerSeen[];
  /** Undefined = not known at this moment. */
  readonly demand: Demand | undefined;
  /** What requests had since the last sample; undefined = none ended, or not measured. */
  readonly observed?: Latency | undefined;
  /** Requests that wait in the gateway for a worker; undefined = no queue there. */
  readonly queued?: number | undefined;
  /** Requests on its workers; undefined = not counted. */
  readonly running?: number | undefined;
}

export interface WorkerSeen {
  readonly id: string;
  /** failed: it ended too often and is not started again; it takes a place and serves nobody. */
  readonly state: "starting" | "ready" | "draining" | "failed";
  /** When its figures were read; undefined = never. */
  readonly seenAt: number | undefined;
  /** It has just become ready, and its first figures are still to come. */
  readonly isNew?: boolean | undefined;
  /** Requests waiting for their turn there. */
  readonly waiting: number;
  /** What its leaving would cost, in any unit that is the same for all: cached blocks asked for again, sessions, streams. */
  readonly lossCost: number;
}

/** Of the whole pool, as clients send it: what is refused or queued counts. */
export interface Demand {
  readonly requestsPerSecond: number;
  /** Means of a request. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Lengths of answers ÷ their mean at the middles of equal parts, shortest first; undefined = not known. */
  readonly answerShape?: readonly number[] | undefined;
  /** Of a decode pool: share of its requests whose prompt is computed there too; undefined = none. */
  readonly wholeShare?: number | undefined;
}

/** NaN = not measured. */
export interface Latency {
  readonly ttftP99Ms: number;
  readonly itlP99Ms: number;
}
