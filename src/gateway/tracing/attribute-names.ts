// Names of span attributes: OpenTelemetry's where it has one (copied, since its package is large; a test compares), else ours.

export const NAMES = {
  method: "http.request.method",
  route: "http.route",
  status: "http.response.status_code",
  resend: "http.request.resend_count",
  error: "error.type",
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  model: "gen_ai.request.model",
  stream: "gen_ai.request.stream",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedTokens: "gen_ai.usage.cache_read.input_tokens",
  finishReasons: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
} as const;

export const OWN_NAMES = {
  requestId: "switchgear.request_id",
  arm: "switchgear.arm",
  part: "switchgear.part",
  legId: "switchgear.leg_id",
  continuedAt: "switchgear.continued_at_token",
  outcome: "switchgear.outcome",
  abortedIn: "switchgear.aborted_in",
  usageEstimated: "switchgear.usage_estimated",
  promptTokens: "switchgear.prompt_tokens",
  promptTokensExact: "switchgear.prompt_tokens_exact",
  policy: "switchgear.policy",
  reason: "switchgear.reason",
  worker: "switchgear.worker",
  overlapTokens: "switchgear.overlap_tokens",
  predictedTtft: "switchgear.predicted_ttft",
} as const;
