// Deployment files → deployments.
import { ConfigError } from "./config-error.ts";
import type { Deployment } from "./deployment.ts";
import type { Diagnostic } from "./diagnostic.ts";

export interface Loaded {
  /** Those without errors. */
  readonly deployments: readonly Deployment[];
  /** In order of file and line. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads files and folders (`*.yaml`, `*.yml`); never throws for what stands in them. */
export function readDeployments(_paths: readonly string[]): Loaded {
  throw new Error("follows in the next commit");
}

/** Like `readDeployments`, for who needs usable deployments: throws a ConfigError when there is an error. */
export function loadDeployments(paths: readonly string[]): readonly Deployment[] {
  const { deployments, diagnostics } = readDeployments(paths);
  if (diagnostics.some((one) => one.severity === "error")) throw new ConfigError(diagnostics);
  return deployments;
}
