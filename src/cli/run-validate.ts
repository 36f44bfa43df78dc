// Prints what loading deployment files finds.
import { disaggregationDoubts } from "../app/index.ts";
import { type Diagnostic, type Loaded, readDeployments, renderDiagnostic } from "../config/index.ts";
import type { ValidateOptions } from "./validate.ts";

/** The exit code. */
export function runValidate(files: readonly string[], { json, strict }: ValidateOptions): number {
  const loaded = withDoubts(readDeployments(files));
  const valid = !loaded.diagnostics.some((one) => strict || one.severity === "error");
  const print = json ? printJson : printText;
  print(loaded, valid);
  return valid ? 0 : 2;
}

/** What is possible and yet hardly meant. */
function withDoubts(loaded: Loaded): Loaded {
  const doubts = loaded.deployments.flatMap(disaggregationDoubts);
  return { ...loaded, diagnostics: [...loaded.diagnostics, ...doubts] };
}

function printJson(loaded: Loaded, valid: boolean): void {
  const { diagnostics, deployments } = loaded;
  const names = deployments.map(({ name, source }) => ({ name, file: source.file, line: source.line }));
  process.stdout.write(`${JSON.stringify({ valid, deployments: names, diagnostics }, null, 2)}\n`);
}

function printText({ diagnostics, deployments, plans, tenants }: Loaded, valid: boolean): void {
  for (const one of diagnostics) process.stderr.write(`${renderDiagnostic(one)}\n`);
  if (!valid) {
    process.stderr.write(`${counted(diagnostics)}\n`);
    return;
  }
  for (const one of deployments) {
    const workers = one.pools.reduce((sum, pool) => sum + pool.replicas, 0);
    const said = `${one.name} at ${one.source.file}:${one.source.line}: model ${one.model.name}, ${one.strategy}, ${plural(workers, "worker")}`;
    process.stdout.write(`${said}\n`);
  }
  for (const { name, source, legacy, candidate } of plans) {
    const said = `${name} at ${source.file}:${source.line}: migration from ${armName(legacy)} to ${armName(candidate)}`;
    process.stdout.write(`${said}\n`);
  }
  if (tenants !== undefined) process.stdout.write(`${tenantsLine(tenants)}\n`);
  const documents = [
    ...(deployments.length === 0 ? [] : [plural(deployments.length, "deployment")]),
    ...(plans.length === 0 ? [] : [plural(plans.length, "migration plan")]),
    ...(tenants === undefined ? [] : ["1 Tenants document"]),
  ];
  const warned = diagnostics.length === 0 ? "" : ` (${counted(diagnostics)})`;
  process.stdout.write(`valid: ${documents.join(", ")}${warned}\n`);
}

function tenantsLine({ name, source, tenants }: NonNullable<Loaded["tenants"]>): string {
  return `${name} at ${source.file}:${source.line}: ${plural(tenants.length, "tenant")}`;
}

function armName(arm: Loaded["plans"][number]["legacy"]): string {
  return arm.kind === "deployment" ? arm.deployment : `${arm.origin}${arm.basePath}`;
}

function counted(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === "error").length;
  const parts = [errors, diagnostics.length - errors].map((count, i) =>
    count ? plural(count, i ? "warning" : "error") : "",
  );
  return parts.filter(Boolean).join(", ");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
