// An interval for an unknown number.

export interface Interval {
  readonly low: number;
  readonly high: number;
}
