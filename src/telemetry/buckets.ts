// Histogram bounds, fine where an SLO is read: around 500 ms for TTFT, around 50 ms for the gap between tokens.

/** Seconds. Steps of at most 10 % between 0.3 and 0.75 s. */
export const TTFT_BUCKETS = [
  0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 0.36, 0.4, 0.44, 0.47, 0.5, 0.53, 0.56, 0.6,
  0.65, 0.7, 0.75, 0.85, 1, 1.25, 1.5, 2, 2.5, 3.5, 5, 7.5, 10, 15, 20, 40, 80, 160,
] as const;

/** Seconds. Steps of at most 10 % between 30 and 75 ms. */
export const ITL_BUCKETS = [
  0.001, 0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.033, 0.036, 0.04, 0.044, 0.047, 0.05, 0.053,
  0.056, 0.06, 0.065, 0.07, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Seconds, for a whole request. */
export const REQUEST_BUCKETS = [
  0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600,
  1200,
] as const;

/** Seconds, for work inside the gateway: from 10 µs. */
export const INSIDE_BUCKETS = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
  30,
] as const;

/** Measured ÷ predicted. */
export const RATIO_BUCKETS = [0.1, 0.25, 0.5, 0.67, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.25, 1.5, 2, 4, 10] as const;

/** Tokens, either sign. */
export const TOKEN_ERROR_BUCKETS = [-8192, -1024, -256, -64, -16, -1, 0, 15, 63, 255, 1023, 8191] as const;

/** Seconds, for how late the event loop runs. */
export const DELAY_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5] as const;
