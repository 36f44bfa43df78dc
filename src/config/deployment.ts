// A deployment as the rest of the product sees it: total, every default filled in, frozen. Field meanings: docs/reference/deployment.md.
import type { Algorithm } from "./algorithms.ts";
import type { AutoscalingSettings } from "./autoscaling-settings.ts";
import type { GatewaySettings } from "./gateway-settings.ts";
import type { KvLinkName } from "../model/index.ts";
import type { LauncherSettings } from "./launcher-settings.ts";
import type { Pool } from "./pool.ts";

export type Strategy = "colocated" | "disaggregated";

export interface Deployment {
  /** `metadata.name`; unique among the deployments of a process. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Where it was read. */
  readonly source: DeploymentSource;
  readonly model: ModelSettings;
  readonly tokenizer: TokenizerSource;
  readonly strategy: Strategy;
  /** Undefined for strategy colocated. */
  readonly disaggregation?: DisaggregationFields | undefined;
  /** One pool named `workers` (colocated), or `prefill` and `decode` (disaggregated). */
  readonly pools: readonly Pool[];
  readonly routing: RoutingSettings;
  readonly autoscaling: AutoscalingSettings;
  readonly slo: SloSettings;
  /** Process-wide: equal in all deployments of one load. */
  readonly monitoring: MonitoringSettings;
  /** `listener`, `admin`, `receipts`, `stateDirectory` and `limits.bodyBytes` are process-wide; the rest is per model. */
  readonly gateway: GatewaySettings;
  /** Of workers started here; `gpus` is process-wide. */
  readonly launcher: LauncherSettings;
}

export interface DisaggregationFields {
  readonly connector: "nixl" | "mooncake";
  /** As `pairRuleOf` of routing reads it. */
  readonly rule: string;
  readonly fallback: "colocated" | "fail";
  readonly link: KvLinkName;
  readonly leaseSeconds: number;
  readonly prefillTimeoutSeconds: number;
  readonly bootstrapPort: number;
}

export interface DeploymentSource {
  /** As named on the command line, `-` for standard input. */
  readonly file: string;
  /** Line of the document's first key, from 1. */
  readonly line: number;
}

export interface ModelSettings {
  readonly name: string;
  readonly source: "huggingface" | "local";
  readonly dtype: "auto" | "bfloat16" | "float16" | "half" | "float" | "float32";
  /** Hub name or path, when it is not the model's own. */
  readonly tokenizer: string | undefined;
  readonly trustRemoteCode: boolean;
  readonly quantization: string | undefined;
  /** Names that clients may use; the first is the one that workers serve. Never empty. */
  readonly servedNames: readonly string[];
  readonly aliases: readonly AliasSettings[];
  readonly lora: LoraSettings;
}

export interface AliasSettings {
  readonly name: string;
  /** Relative to those of all that state the name. */
  readonly weight: number;
  /** Stands for this adapter instead of the model itself. */
  readonly adapter?: string | undefined;
}

export interface LoraSettings {
  readonly adapters: readonly { readonly name: string; readonly path: string }[];
  readonly load: boolean;
}

/** Where the gateway's own tokenizer comes from. `path` is absolute. */
export type TokenizerSource =
  | { readonly source: "hub"; readonly repository: string; readonly revision: string }
  | { readonly source: "path"; readonly path: string }
  | { readonly source: "builtin" }
  | { readonly source: "none" };

export interface RoutingSettings {
  readonly algorithm: Algorithm;
  /** Of the algorithm; see `policySpec`. */
  readonly settings?: Readonly<Record<string, number>> | undefined;
  readonly kvCacheIndex: {
    readonly backend: "memory" | "etcd";
    readonly ttlSeconds: number;
    readonly maxBytes: number;
  };
}

export interface SloSettings {
  readonly ttftP99Ms: number | undefined;
  readonly itlP99Ms: number | undefined;
  /** 0…1 */
  readonly availabilityTarget: number | undefined;
}

export interface MonitoringSettings {
  readonly prometheus: { readonly enabled: boolean; readonly host: string; readonly port: number };
  readonly tracing: {
    readonly enabled: boolean;
    readonly exporter: "otlp";
    readonly protocol: "grpc" | "http";
    readonly endpoint: string | undefined;
    /** 0…1 */
    readonly sampleRatio: number;
    /** A client's sampled flag decides. */
    readonly parentBased: boolean;
  };
}
