// The names that `routing.algorithm` takes, and the settings of each.

/** `policyOf` of routing/ takes the same. */
export const ALGORITHM_SETTINGS = {
  round_robin: [],
  least_loaded: [],
  kv_aware: ["expectedOutputTokens", "tpotSloMs", "reuseProbability", "workWeight", "missMs"],
  least_requests: [],
  power_of_two: [],
  cache_aware: ["cacheThreshold", "balanceAbsolute", "balanceRelative"],
  llmd_weighted: ["prefix", "queue", "kv"],
  llmd_sticky: ["affinityThreshold", "maxTtftPenaltyMs", "peakPrefillThroughput"],
  dynamo: ["prefillLoadScale", "overlapCredit", "creditDecay", "activeRequestWeight", "temperature"],
  dynamo_tuned: [],
} as const satisfies Record<string, readonly string[]>;

export type Algorithm = keyof typeof ALGORITHM_SETTINGS;

export const ALGORITHMS = Object.keys(ALGORITHM_SETTINGS) as [Algorithm, ...Algorithm[]];

interface ChosenAlgorithm {
  readonly algorithm: Algorithm;
  readonly settings?: Readonly<Record<string, number>> | undefined;
}

/** As `policyOf` of routing/ reads it: `dynamo:prefillLoadScale=8+creditDecay=1`. */
export function policySpec({ algorithm, settings = {} }: ChosenAlgorithm): string {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? algorithm : `${algorithm}:${pairs.join("+")}`;
}
