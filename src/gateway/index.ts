// The HTTP front: one request's life, from the client's first byte to the last one it gets.
export {
  type ArmLeg,
  type ArmLegClass,
  type ArmName,
  type Arms,
  type ArmTarget,
  type Recallable,
  recallWaiting,
  type SplitKey,
} from "./arms/arms.ts";
export { type CandidateParts, choose, type Choice, type ChooseParts, type Prediction, predictionOf } from "./choose.ts";
export { type Feature as ContinuationFeature, FEATURES as CONTINUATION_FEATURES } from "./continuation/features.ts";
export { CONTROLS } from "./controls.ts";
export type { FrontOptions } from "./front/front.ts";
export type { TlsMaterial } from "./front/tls-material.ts";
export type { RawAnswer, RawPair } from "./mirror/raw-pair.ts";
export type { DisaggregationSettings } from "./disaggregated/settings.ts";
export { MIRROR_SETTINGS, type MirrorSettings } from "./mirror/settings.ts";
export { type MirrorCounts, type MirrorOptions, type RunningMirror, startMirror } from "./mirror/start-mirror.ts";
export type { Adapter, Alias, AliasSession, ModelNames } from "./models/model-names.ts";
export type { GatewayModel, GatewayOptions } from "./options.ts";
export { type RotatingFile, rotatingFile, type RotatingFileOptions } from "./recording/rotating-file.ts";
export { type LineSink, type TrafficRecorder, trafficRecorder } from "./recording/traffic-recorder.ts";
export type { Asked, Client, Tenancy, UsedRequest, Who } from "./tenancy/tenancy.ts";
export type { PromptIdentity, PromptReader, PromptSource } from "./prompt-identity.ts";
export type { Receipt, ReceiptLeg } from "./receipts.ts";
export { decideRetry, type LegFailure, type RetryDecision, type RetryDenial, type RetryQuestion } from "./retry.ts";
export { type RetryBudget, retryBudget } from "./retry-budget.ts";
export { FORWARDED_PATHS } from "./routes.ts";
export { type Gateway, startGateway } from "./start-gateway.ts";
