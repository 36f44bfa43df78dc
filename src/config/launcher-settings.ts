// How worker processes are started here; field meanings: docs/reference/deployment.md.

export interface LauncherSettings {
  readonly startupTimeoutSeconds: number;
  /** 0 = never. */
  readonly hangTimeoutSeconds: number;
  readonly shutdownTimeoutSeconds: number;
  readonly crashLoop: { readonly deaths: number; readonly windowSeconds: number };
  readonly logs: { readonly bytes: number; readonly files: number };
  /** Process-wide. */
  readonly gpus: GpuSettings;
  /** Of the model, where several share the GPUs. */
  readonly priority: number;
  readonly sleep: boolean;
}

export interface GpuSettings {
  readonly discover: boolean;
  /** Undefined = not stated. */
  readonly devices?: readonly StatedDevice[] | undefined;
  readonly share: boolean;
}

export interface StatedDevice {
  readonly id: string;
  readonly memoryGiB?: number | undefined;
}
