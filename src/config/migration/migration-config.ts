// A migration plan as it is read from its file: frozen, secrets as references.
import type { EndpointTls } from "../pool.ts";
import type { SecretSource } from "../secret.ts";
import type { MigrationDocument } from "./migration-schema.ts";

type Spec = MigrationDocument["spec"];

export interface MigrationConfig extends Pick<Spec, "schedule" | "gates" | "shadow" | "rollback" | "slo"> {
  readonly name: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly legacy: ArmConfig;
  readonly candidate: ArmConfig;
  readonly notify: readonly NotifyConfig[];
}

interface ArmCommon {
  /** The client's model name → the name on this arm. */
  readonly models: Readonly<Record<string, string>>;
  readonly gpus: number;
}

export type ArmConfig = DeploymentArm | EndpointArm;

export interface DeploymentArm extends ArmCommon {
  readonly kind: "deployment";
  readonly deployment: string;
}

export interface EndpointArm extends ArmCommon {
  readonly kind: "endpoint";
  readonly url: string;
  readonly origin: string;
  readonly basePath: string;
  readonly key: SecretSource | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: EndpointTls | undefined;
}

export interface NotifyConfig {
  readonly url: SecretSource;
  readonly form: "generic" | "slack";
}
