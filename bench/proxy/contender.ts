// A proxy under test: how it is started and where it then listens.

export interface RunningProxy {
  readonly port: number;
  /** Root of its process tree; undefined when there is nothing to measure (direct). */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** Undefined when it can run here, else why not. */
  readonly absent: string | undefined;
  start(workers: readonly string[]): Promise<RunningProxy>;
}
