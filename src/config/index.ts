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
export { readSecret, type Secret, type SecretSource } from "./secret.ts";
