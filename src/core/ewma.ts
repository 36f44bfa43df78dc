// Exponentially weighted moving average whose memory is measured in time, not in samples.

export interface Ewma {
  /** Undefined before the first sample. */
  readonly value: number | undefined;
  add(sample: number, nowMs: number): void;
}

/** The weight of a sample halves every `halfLifeMs`, however irregular the samples are. */
export function ewma(halfLifeMs: number): Ewma {
  let value: number | undefined;
  let last = 0;
  return {
    get value() {
      return value;
    },
    add(sample, nowMs) {
      const keep = value === undefined ? 0 : 0.5 ** (Math.max(0, nowMs - last) / halfLifeMs);
      // Samples at the same instant would otherwise weigh nothing.
      const weight = Math.max(1 - keep, 0.01);
      value = value === undefined ? sample : value + weight * (sample - value);
      last = nowMs;
    },
  };
}
