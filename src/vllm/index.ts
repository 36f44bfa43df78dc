// Everything a vLLM server speaks; talks to no network.
export { defaultGpuMemoryUtilization, defaultPrefixCaching } from "./argv/defaults.ts";
export type { Flag, FlagKind } from "./argv/flag.ts";
export { FLAG_GROUPS, type FlagGroup, flagTable, type KnownFlag, removalOf } from "./argv/flag-table.ts";
export type { FlagValue } from "./argv/flag-value.ts";
export { type ArgvFault, type ArgvOption, type FaultKind, type ParsedArgv, parseServeArgv } from "./argv/parse-argv.ts";
export { type Fate, REMOVED_FLAGS, type RemovedFlag } from "./argv/removed-flags.ts";
export { isBefore, parseVersion, TABLE_VERSION, type VllmVersion } from "./argv/version.ts";
export { type BodyEdit, editBody, editBodyWithin } from "./body-splice.ts";
export {
  badRequest,
  cacheSaltEmpty,
  choicesTooFew,
  emptyConversation,
  ENGINE_DEAD_MESSAGE,
  engineDead,
  type ErrorReply,
  errorReply,
  fieldMissing,
  internalError,
  invalidJson,
  maxTokensTooLarge,
  maxTokensTooSmall,
  methodNotAllowed,
  neverStarted,
  notAnInteger,
  notFound,
  notMultimodal,
  overloaded,
  promptTooLong,
  shuttingDown,
  streamError,
  streamOptionsWithoutStream,
  temperatureNegative,
  topPOutOfRange,
  unauthorized,
  unknownModel,
  type ValidationFault,
  validationFailed,
  wrongContentType,
} from "./errors.ts";
export {
  type InferenceRequest,
  type JsonObject,
  lenientBoolean,
  lenientInteger,
  parseInferenceRequest,
} from "./inference-request.ts";
export { jsonMembers, type JsonMembers, noteMembers } from "./json-members.ts";
export { decodeKvEventBatch, encodeKvEventBatch, type KvEventEncoding } from "./kv-event-codec.ts";
export {
  kvEventFrames,
  type KvEventMessage,
  parseKvEventFrames,
  parseReplayRequest,
  REPLAY_END,
  replayEnd,
  replayReply,
  replayRequest,
} from "./kv-event-frames.ts";
export { chatChoice, type ChunkHead, type CompletionChoice } from "./chat-chunk.ts";
export { escapedAt, textAt, textStart } from "./event-text.ts";
export { type IdSink, type IdSpan, outputIdSpan, promptIdSpan, readIds, withoutIds } from "./token-ids.ts";
export { connectableAddress, type KvEventSourceReply, parseKvEventSources } from "./kv-event-sources.ts";
export type {
  AllBlocksCleared,
  BlockRemoved,
  BlockStored,
  EngineHash,
  KvEvent,
  KvEventBatch,
  UnknownKvEvent,
} from "./kv-event.ts";
export { type MetricBuckets, type MetricFamily, type MetricType, tokenCountBuckets } from "./metric-family.ts";
export { VLLM_METRICS } from "./metric-names.ts";
export { metricNumber } from "./metric-number.ts";
export { type MetricSample, type MetricsPage, parseMetricsPage } from "./metrics-page.ts";
export type * from "./openai-shapes.ts";
export { type KvEventsSettings, serveArgv, type ServeSettings } from "./serve-argv.ts";
export { type JsonFault, pythonJsonFault } from "./python-json.ts";
export { openingKey, type RequestHeaders, sessionKey } from "./session-key.ts";
export {
  SSE_DONE,
  sseEvent,
  type SseListener,
  type SseScanner,
  sseScanner,
  type SseScannerOptions,
} from "./sse-scanner.ts";
export { finishReasonOf, STREAM_EVENT, streamEventFlags } from "./stream-event.ts";
export { readTokenUsage, type TokenUsage } from "./token-usage.ts";
export { fingerprintOf, type UsageRestore, usageRestore, type UsageRestoreOptions } from "./usage-restore.ts";
export {
  type MetricHistogram,
  readWorkerMetrics,
  type WorkerCacheConfig,
  type WorkerMetrics,
} from "./worker-metrics.ts";
