// What a gateway is made of.
import type { Clock, Random } from "../core/index.ts";
import type { ControlPolicy, Limits, Listener, ReceiptSettings, WorkerControl } from "../config/index.ts";
import type { Fleet } from "../fleet/index.ts";
import type { KvIndex } from "../kvindex/index.ts";
import type { Policy } from "../routing/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import type { SloObjectives } from "./slo.ts";
import type { PromptReader } from "./prompt-identity.ts";

/** One model as the gateway serves it. */
export interface GatewayModel {
  /** The name that its workers serve; a client's alias is replaced by it. */
  readonly name: string;
  readonly policy: Policy;
  /** For routes that a prefix cache does not help. */
  readonly loadPolicy: Policy;
  /** Undefined = no prefix identity and no token counts before the answer. */
  readonly prompt: PromptReader | undefined;
  readonly limits: Limits;
  /** What is promised of it; counted, not enforced. */
  readonly slo?: SloObjectives | undefined;
  readonly controls: Readonly<Record<WorkerControl, ControlPolicy>>;
}

export interface GatewayOptions {
  readonly listen: Listener;
  readonly fleet: Fleet;
  /** By any name in `fleet.models()`. */
  readonly model: (name: string) => GatewayModel | undefined;
  readonly index: KvIndex;
  readonly bodyBytes: number;
  /** Σ of request bodies held at once; more is refused with 503. Default 16 × bodyBytes. */
  readonly totalBodyBytes?: number;
  readonly receipts: ReceiptSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Longest wait for running requests in `close`. Default 30 s. */
  readonly drainTimeoutMs?: number;
  /** Unique request ids; the default is random. */
  readonly newId?: () => string;
}
