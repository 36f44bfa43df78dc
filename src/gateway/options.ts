// What a gateway is made of.
import type { Clock, Random } from "../core/index.ts";
import type {
  AdmissionFields,
  ContinuationSettings,
  ControlPolicy,
  Limits,
  Listener,
  ReceiptSettings,
  WorkerControl,
} from "../config/index.ts";
import type { Fleet } from "../fleet/index.ts";
import type { KvIndex } from "../kvindex/index.ts";
import type { Policy } from "../routing/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import type { Arms } from "./arms/arms.ts";
import type { DisaggregationSettings } from "./disaggregated/settings.ts";
import type { FrontOptions } from "./front/front.ts";
import type { SloObjectives } from "./slo.ts";
import type { ModelNames } from "./models/model-names.ts";
import type { PromptReader } from "./prompt-identity.ts";
import type { TrafficRecorder } from "./recording/traffic-recorder.ts";
import type { Tenancy } from "./tenancy/tenancy.ts";
import type { TracingOptions } from "./tracing/tracing.ts";

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
  /** Undefined = no stream is continued. */
  readonly continuation?: ContinuationSettings | undefined;
  /** Undefined = workers with a role serve whole requests. */
  readonly disaggregation?: DisaggregationSettings | undefined;
  /** Undefined = whatever comes is sent at once. */
  readonly admission?: AdmissionSettings | undefined;
  /** What is promised of it: counted, and kept to by admission. */
  readonly slo?: SloObjectives | undefined;
  readonly controls: Readonly<Record<WorkerControl, ControlPolicy>>;
}

export type AdmissionSettings = Omit<AdmissionFields, "enabled">;

export interface GatewayOptions {
  readonly listen: Listener;
  /** TLS, keys, origins and root path; plain and open by default. */
  readonly front?: FrontOptions;
  readonly fleet: Fleet;
  /** By any name in `fleet.models()`. */
  readonly model: (name: string) => GatewayModel | undefined;
  /** Aliases and adapters; default: none but the adapters that workers tell of. */
  readonly names?: ModelNames | undefined;
  readonly index: KvIndex;
  readonly bodyBytes: number;
  /** Σ of request bodies held at once; more is refused with 503. Default 16 × bodyBytes. */
  readonly totalBodyBytes?: number;
  readonly receipts: ReceiptSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Default: no traces; what clients send of theirs passes through. */
  readonly tracing?: TracingOptions | undefined;
  /** An open socket to listen on, handed over by who started this process; `listen` then only tells its address. */
  readonly fd?: number | undefined;
  /** Not ready, but still serving, before `close` ends the listener: time for a load balancer to notice. Default 0. */
  readonly drainGraceMs?: number;
  /** Longest wait for running requests in `close`. Default 30 s. */
  readonly drainTimeoutMs?: number;
  /** Unique request ids; the default is random. */
  readonly newId?: () => string;
  /** Told of each request; default: nothing is recorded. */
  readonly recorder?: TrafficRecorder | undefined;
  /** Who asks, and what they may use; default: nobody is told apart. */
  readonly tenants?: Tenancy | undefined;
  /** The arms of a model under a migration plan. */
  readonly arms?: (model: string) => Arms | undefined;
}
