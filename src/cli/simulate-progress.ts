// One line that tells how simulations go: simulated time, rate, what is left.

export interface Progress {
  readonly name: string;
  /** Runs that have ended, and all; undefined when nobody knows. */
  readonly run: number;
  readonly runs: number | undefined;
  readonly simulatedMs: number;
  readonly requests: number;
  /** Of this run. */
  readonly total: number;
  /** Since the run began. */
  readonly wallMs: number;
}

export function progressLine({ name, run, runs, simulatedMs, requests, total, wallMs }: Progress): string {
  const seconds = Math.max(wallMs, 1) / 1000;
  const rate = requests / seconds;
  const left = total - requests + Math.max(0, (runs ?? 0) - run - 1) * total;
  const of = runs === undefined ? "" : ` of ${runs}`;
  return (
    `${name} (run ${run + 1}${of}): ${(simulatedMs / 1000).toFixed(0)} s simulated, ` +
    `${requests} of ${total} requests (${((100 * requests) / total).toFixed(0)} %), ` +
    `${rate.toFixed(0)} requests/s, ${(simulatedMs / 1000 / seconds).toFixed(0)} × real time, ETA ${(left / rate).toFixed(0)} s`
  );
}
