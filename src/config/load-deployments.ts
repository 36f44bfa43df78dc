// Deployment files → deployments, or everything that is wrong with them.
import { dirname, resolve } from "node:path";
import { acrossRules } from "./across-rules.ts";
import { buildDeployment } from "./build-deployment.ts";
import type { CandidateDocument } from "./candidate.ts";
import { checkShape } from "./check-shape.ts";
import { ConfigError } from "./config-error.ts";
import type { Deployment } from "./deployment.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { parseYaml } from "./parse-yaml.ts";
import { buildMigration } from "./migration/build-migration.ts";
import { checkMigration, isMigration } from "./migration/check-migration.ts";
import type { MigrationConfig } from "./migration/migration-config.ts";
import { type PlanDocument, planRules } from "./migration/plan-rules.ts";
import { type Problem, toDiagnostic } from "./problem.ts";
import { shareProcessWide } from "./process-wide.ts";
import { listFiles, readText, type TextProblem } from "./read-text.ts";
import { checkRules } from "./rules.ts";
import type { DeploymentFile } from "./source-file.ts";
import { buildTenants } from "./tenants/build-tenants.ts";
import { checkTenants, isTenants } from "./tenants/check-tenants.ts";
import type { TenantsConfig } from "./tenants/tenants-config.ts";
import { type TenantsFound, tenantsRules } from "./tenants/tenants-rules.ts";

export interface Loaded {
  /** Empty when there is an error. */
  readonly deployments: readonly Deployment[];
  readonly plans: readonly MigrationConfig[];
  /** Undefined when no document is one. */
  readonly tenants?: TenantsConfig | undefined;
  /** In the order of the files, then of the lines. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A text that is already there, under the name it has in diagnostics. Relative paths in it start at the working directory. */
export interface DeploymentText {
  readonly file: string;
  readonly text: string;
}

/** Reads files, folders (their `*.yaml` and `*.yml`) and `-`; never throws for what stands in them. */
export function readDeployments(paths: readonly string[]): Loaded {
  const collected: Collected = { candidates: [], diagnostics: [], plans: [], tenants: [] };
  for (const path of paths) {
    const files = listFiles(path);
    if ("code" in files) collected.diagnostics.push(textDiagnostic(path, files));
    else for (const file of files) readFile(file, collected);
  }
  return finish(collected);
}

/** The same for a text. */
export function readDeploymentText({ file, text }: DeploymentText): Loaded {
  const collected: Collected = { candidates: [], diagnostics: [], plans: [], tenants: [] };
  readDocuments({ file, text }, resolve("."), collected);
  return finish(collected);
}

/** For who needs usable deployments: throws a ConfigError when there is an error. */
export function loadDeployments(paths: readonly string[]): readonly Deployment[] {
  return loadConfiguration(paths).deployments;
}

/** Deployments and migration plans. */
export function loadConfiguration(paths: readonly string[]): Pick<Loaded, "deployments" | "plans" | "tenants"> {
  const { diagnostics, ...loaded } = readDeployments(paths);
  if (diagnostics.some(isError)) throw new ConfigError(diagnostics);
  return loaded;
}

/** More are of no use to anyone. */
const MAX_DIAGNOSTICS = 1000;

interface Collected {
  readonly candidates: CandidateDocument[];
  readonly diagnostics: Diagnostic[];
  readonly plans: PlanDocument[];
  readonly tenants: TenantsFound[];
}

function readFile(file: string, collected: Collected): void {
  const read = readText(file);
  if ("problem" in read) collected.diagnostics.push(textDiagnostic(file, read.problem));
  else readDocuments({ file, text: read.text }, file === "-" ? resolve(".") : dirname(resolve(file)), collected);
}

function readDocuments({ file, text }: DeploymentText, folder: string, collected: Collected): void {
  const { documents, diagnostics, place } = parseYaml(file, text);
  // Not spread into arguments: a hostile file has more faults than the stack has room.
  for (const one of diagnostics) collected.diagnostics.push(one);
  if (documents.length === 0 && diagnostics.length === 0) {
    collected.diagnostics.push(textDiagnostic(file, { code: "empty", message: "holds no deployment", offset: 0 }));
  }
  for (const document of documents) checkDocument({ ...document, file, folder, place }, collected);
}

function checkDocument(source: DeploymentFile, { candidates, diagnostics, plans, tenants }: Collected): void {
  if (isTenants(source.value)) {
    const { problems, document } = checkTenants(source.value);
    for (const problem of problems) diagnostics.push(toDiagnostic(problem, source));
    return document && void tenants.push({ source, document });
  }
  if (isMigration(source.value)) {
    const { problems, document } = checkMigration(source.value);
    for (const problem of problems) diagnostics.push(toDiagnostic(problem, source));
    return document && void plans.push({ source, document });
  }
  const { problems, document, repaired } = checkShape(source.value);
  const all: readonly Problem[] = [...problems, ...(document ? checkRules(document, repaired) : [])];
  for (const problem of all) diagnostics.push(toDiagnostic(problem, source));
  if (document) candidates.push({ source, document, repaired });
}

function finish({ candidates, diagnostics, plans, tenants }: Collected): Loaded {
  const across = [...shareProcessWide(candidates), ...acrossRules(candidates), ...planRules(plans, candidates)];
  const findings = [...across, ...tenantsRules(tenants, candidates)];
  const all = [...diagnostics, ...findings.map(({ of, problem }) => toDiagnostic(problem, of.source))];
  const faulty = all.some(isError);
  const deployments = faulty ? [] : candidates.map((one) => buildDeployment(one.document, one.source));
  const built = faulty ? [] : plans.map((one) => buildMigration(one.document, one.source));
  const [only] = faulty ? [] : tenants.map((one) => buildTenants(one.document, one.source));
  return { deployments, plans: built, tenants: only, diagnostics: atMost(MAX_DIAGNOSTICS, inOrder(all)) };
}

function inOrder(all: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(all.map((one) => one.file))];
  const rank = new Map(files.map((file, i) => [file, i]));
  const by = (one: Diagnostic) => rank.get(one.file) ?? 0;
  return all.toSorted((a, b) => by(a) - by(b) || a.line - b.line || a.column - b.column);
}

function atMost(limit: number, all: readonly Diagnostic[]): readonly Diagnostic[] {
  const [last] = all.slice(limit - 1);
  if (!last || all.length <= limit) return all;
  const message = `${all.length - limit + 1} more faults are not shown`;
  const severity = all.slice(limit - 1).some(isError) ? "error" : "warning";
  const none = { value: undefined, expected: undefined, hint: undefined };
  return [...all.slice(0, limit - 1), { ...last, ...none, severity, code: "too-many-faults", path: "", message }];
}

function isError(one: Diagnostic): boolean {
  return one.severity === "error";
}

function textDiagnostic(file: string, { code, message, offset, hint, before = "" }: TextProblem): Diagnostic {
  const head = before.slice(0, offset);
  const line = head.split("\n").length;
  const column = offset - head.lastIndexOf("\n");
  const place = { line, column: before === "" ? 1 : column };
  return { severity: "error", code, file, ...place, path: "", message, value: undefined, expected: undefined, hint };
}
