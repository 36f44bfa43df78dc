// Thrown where a deployment has to be usable and is not; carries every diagnostic.
import { SwitchgearError } from "../core/index.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostics } from "./render.ts";

export class ConfigError extends SwitchgearError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const unbuilt = diagnostics.every(({ code }) => code === "not-built");
    const what = unbuilt ? "the deployment enables what is not built yet" : "the deployment files have errors";
    super(unbuilt ? "SWG_FEATURE_NOT_BUILT" : "SWG_CONFIG_INVALID", `${what}:\n${renderDiagnostics(diagnostics)}`);
    this.diagnostics = diagnostics;
  }
}
