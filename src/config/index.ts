// Deployment files: parse, default, validate with positions, freeze.
export { ConfigError } from "./config-error.ts";
export type {
  Algorithm,
  AutoscalingSettings,
  Deployment,
  DeploymentSource,
  ModelSettings,
  MonitoringSettings,
  RoutingSettings,
  ScaleThreshold,
  SloSettings,
  Strategy,
  TokenizerSource,
} from "./deployment.ts";
export { type DeploymentField, deploymentFields } from "./deployment-fields.ts";
export type { Diagnostic, DiagnosticCode } from "./diagnostic.ts";
export type {
  ControlPolicy,
  GatewaySettings,
  Limits,
  Listener,
  ReceiptSettings,
  WorkerControl,
} from "./gateway-settings.ts";
export {
  type DeploymentText,
  type Loaded,
  loadDeployments,
  readDeployments,
  readDeploymentText,
} from "./load-deployments.ts";
export type {
  Endpoint,
  EndpointTls,
  GivenWorkers,
  KvEventsSetting,
  Pool,
  PoolRole,
  PoolWorkers,
  StartedSimulated,
  StartedVllm,
} from "./pool.ts";
export { renderDiagnostic, renderDiagnostics } from "./render.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
export { readSecret, type Secret, type SecretSource } from "./secret.ts";
export { unbuiltFeatures } from "./unbuilt-features.ts";
export { type Where, whereIs } from "./where.ts";
