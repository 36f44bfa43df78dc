// Every generated file of the repo: one line each. The text follows from the code alone.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { metricsDoc } from "../../src/telemetry/index.ts";
import { performancePage } from "../../bench/performance-page.ts";
import { adminApiDocument, adminApiPage } from "./admin-api-page.ts";
import { autoscalingProofPage } from "./autoscaling-proof-page.ts";
import { cliPage } from "./cli-page.ts";
import { convertPage } from "./convert-page.ts";
import { deploymentPage } from "./deployment-page.ts";
import { deploymentSchemaFile } from "./deployment-schema.ts";
import { errorsPage } from "./errors-page.ts";
import { failoverPage } from "./failover-page.ts";
import { grafanaDashboard } from "./grafana-dashboard.ts";
import { migrationPlanPage } from "./migration-plan-page.ts";
import { migrationSchemaFile } from "./migration-schema.ts";
import { notice } from "./notice.ts";
import { reportSchemaFile } from "./report-schema.ts";
import { sbom } from "./sbom.ts";
import { tenantsPage, tenantsSchemaFile } from "./tenants-page.ts";

const OUTPUTS: Readonly<Record<string, () => string>> = {
  NOTICE: notice,
  "deploy/grafana/switchgear.json": grafanaDashboard,
  "docs/autoscaling-proof.md": autoscalingProofPage,
  "docs/convert.md": convertPage,
  "docs/failover.md": failoverPage,
  "docs/performance.md": performancePage,
  "docs/reference/admin-api.json": adminApiDocument,
  "docs/reference/admin-api.md": adminApiPage,
  "docs/reference/cli.md": cliPage,
  "docs/reference/deployment.md": deploymentPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/metrics.md": metricsDoc,
  "docs/reference/migration-plan.md": migrationPlanPage,
  "docs/reference/tenants.md": tenantsPage,
  "sbom.cdx.json": sbom,
  "schema/llmdeployment.schema.json": deploymentSchemaFile,
  "schema/migrationplan.schema.json": migrationSchemaFile,
  "schema/simulationreport.schema.json": reportSchemaFile,
  "schema/tenants.schema.json": tenantsSchemaFile,
};

const ROOT = resolve(import.meta.dirname, "../..");

/** Files whose text is not what would be written now. */
export function staleOutputs(): string[] {
  return Object.entries(OUTPUTS)
    .filter(([file, make]) => current(file) !== make())
    .map(([file]) => file);
}

/** Returns the files that changed. */
export function writeOutputs(): string[] {
  const stale = staleOutputs();
  for (const file of stale) {
    const path = resolve(ROOT, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, OUTPUTS[file]?.() ?? "");
  }
  return stale;
}

function current(file: string): string | undefined {
  try {
    return readFileSync(resolve(ROOT, file), "utf8");
  } catch {
    return undefined;
  }
}
