// Deployment files: parse, default, validate with positions, freeze.
export { policySpec } from "./algorithms.ts";
export { ConfigError } from "./config-error.ts";
export type { Deployment } from "./deployment.ts";
export { type DeploymentField, deploymentFields } from "./deployment-fields.ts";
export type { Diagnostic } from "./diagnostic.ts";
export type {
  ApiKeySettings,
  AdmissionFields,
  ClusterSettings,
  ContinuationSettings,
  ControlPolicy,
  CorsSettings,
  Limits,
  Listener,
  ListenerTls,
  ReceiptSettings,
  WorkerControl,
} from "./gateway-settings.ts";
export {
  type Loaded,
  loadConfiguration,
  loadDeployments,
  readDeployments,
  readDeploymentText,
} from "./load-deployments.ts";
export type { Endpoint, Pool, StartedSimulated, StartedVllm } from "./pool.ts";
export { renderDiagnostic, renderDiagnostics } from "./render.ts";
export { deploymentJsonSchema } from "./json-schema.ts";
export type { ArmConfig, EndpointArm, MigrationConfig, NotifyConfig } from "./migration/migration-config.ts";
export { migrationJsonSchema } from "./migration/migration-json-schema.ts";
export type {
  JwtSettings,
  TenantConfig,
  TenantDefaults,
  TenantLimits,
  TenantPrice,
  TenantsConfig,
} from "./tenants/tenants-config.ts";
export { isNone, noTenants } from "./tenants/no-tenants.ts";
export { TENANTS_EXAMPLE } from "./tenants/tenants-example.ts";
export { tenantsJsonSchema } from "./tenants/tenants-json-schema.ts";
export { readSecret } from "./secret.ts";
export { whereIs } from "./where.ts";
