// Exact intervals and tests, quantile intervals, bootstrap, e-detectors; knows nothing of what is measured.
export { lookLevel, spentAlpha } from "./alpha-spending.ts";
export { betaCumulative, betaQuantile } from "./beta.ts";
export { binomialCumulative, binomialTest } from "./binomial.ts";
export {
  type BootstrapOptions,
  type ClusteredColumn,
  type ColumnPair,
  percentileInterval,
  quantileRatioReplicates,
} from "./bootstrap.ts";
export { clopperPearson, rateLowerBound, rateUpperBound } from "./clopper-pearson.ts";
export {
  addFactors,
  type DetectorSums,
  detectorValue,
  freshSums,
  requestAlternatives,
  requestFactors,
  SHARE_BETS,
  shareFactors,
  windowBets,
  windowFactors,
} from "./e-detector.ts";
export { alarmThreshold, budgetSpent, type FalseAlarmBudget } from "./false-alarm-budget.ts";
export type { Interval } from "./interval.ts";
export { mcnemarTest } from "./mcnemar.ts";
export { mean } from "./mean.ts";
export { normalCumulative, normalQuantile } from "./normal.ts";
export { quantileRanks, quantileUpperRank, type RankInterval, samplesForUpperBound } from "./quantile-interval.ts";
export { type Count, type Discordant, pairedRateDifference, rateDifference } from "./rate-difference.ts";
export { ratioAtLeast, sequenceRatio, type SequenceRatioOptions } from "./sequence-ratio.ts";
export { shareLogE } from "./share-test.ts";
export { hodgesLehmann, type Shift, signedRankTest } from "./signed-rank.ts";
export { type Duration, kaplanMeier, logRankTest, type SurvivalPoint } from "./survival.ts";
