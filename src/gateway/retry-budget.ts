// Retries as a share of requests, so that a failing fleet is not asked twice for everything.

export interface RetryBudget {
  /** At least one retry is affordable. */
  readonly left: boolean;
  /** Each request pays in its share. */
  request(): void;
  spend(): void;
}

/** Affordable without any traffic before, and the most that can be saved up is ten times it. */
const MINIMUM = 10;

/** `ratio` retries per request over the long run, 0…1; 0 forbids all. */
export function retryBudget(ratio: number): RetryBudget {
  let saved = ratio > 0 ? MINIMUM : 0;
  return {
    get left() {
      return saved >= 1;
    },
    request() {
      saved = Math.min(MINIMUM * 10, saved + ratio);
    },
    spend() {
      saved -= 1;
    },
  };
}
