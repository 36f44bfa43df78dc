// What all requests of one gateway share.
import type { Books } from "./account.ts";
import type { Gates } from "./admission/gates.ts";
import type { LongBodies } from "./bodies/long-bodies.ts";
import type { KvMoves } from "./disaggregated/kv-moves.ts";
import type { Front } from "./front/front.ts";
import type { LegWatch } from "./leg-watch.ts";
import type { ListenerCheck } from "./listener-check.ts";
import type { GatewayOptions } from "./options.ts";
import type { Adapters } from "./models/adapters.ts";
import type { PromisedGaps } from "./promised/promised-gaps.ts";
import type { Outcome, RequestRecord } from "./record.ts";
import type { BodyRoom } from "./read-body.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { Tracing } from "./tracing/tracing.ts";
import type { UpstreamPools } from "./upstream-pools.ts";
import type { WorkerQueue } from "./worker-queue.ts";

export interface Context {
  readonly options: GatewayOptions;
  readonly books: Books;
  readonly front: Front;
  readonly pools: UpstreamPools;
  /** Undefined when it is off. */
  readonly tracing: Tracing | undefined;
  readonly watch: LegWatch;
  readonly listener: ListenerCheck;
  readonly queue: WorkerQueue;
  readonly adapters: Adapters;
  readonly gates: Gates;
  /** To the requests at each worker. */
  readonly gaps: PromisedGaps;
  readonly room: BodyRoom;
  readonly bodies: LongBodies;
  readonly kvMoves: KvMoves;
  /** By model. */
  readonly budget: (model: string, ratio: number) => RetryBudget;
  /** `system_fingerprint` that a worker is known to send, as JSON text; null = it sends none. */
  readonly fingerprints: Map<string, string | null>;
  readonly newId: () => string;
  /** Called once for each request that came. */
  readonly finished: (record: RequestRecord, outcome: Outcome) => void;
  /** Requests inside now. */
  running: number;
  readonly startedEpoch: number;
  /** Called when the last running request has ended. */
  onIdle: (() => void) | undefined;
  /** True while the gateway closes: answers end their connections. */
  closing: boolean;
}
