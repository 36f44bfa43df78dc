// Thrown where a deployment has to be usable and is not; carries every diagnostic.
import { SwitchgearError } from "../core/index.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostics } from "./render.ts";

export class ConfigError extends SwitchgearError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super("SWG_CONFIG_INVALID", `the deployment files have errors:\n${renderDiagnostics(diagnostics)}`);
    this.diagnostics = diagnostics;
  }
}
