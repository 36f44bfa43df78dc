// Time as a parameter: one interface for the machine's clock and for a virtual one.

/** A call that was promised for later. */
export interface Timer {
  /** Idempotent; after it the call never happens. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since an arbitrary start; fractional; never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  epoch(): number;
  /** Calls `run` once, `delayMs` from now. A pending timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

export const realClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  after(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};
