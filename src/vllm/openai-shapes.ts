// Bodies that vLLM 0.32 answers with, members in the order it writes them, so that JSON.stringify of an object built in this order gives its bytes.

/** Unary responses write every member, null when unset; stream events only the members marked required, and what is set. */
export interface Usage {
  prompt_tokens: number;
  total_tokens: number;
  completion_tokens: number;
  prompt_tokens_details?: PromptTokensDetails | null;
  completion_tokens_details?: null;
}

/** Only with --enable-prompt-tokens-details. On completions `created_cache_tokens` is null. Final stream usage leaves nulls out. */
export interface PromptTokensDetails {
  cached_tokens: number;
  created_cache_tokens?: number | null;
  multimodal_tokens?: null;
}

export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export interface ToolCallDelta {
  id?: string;
  type?: "function";
  index: number;
  function: { name?: string; arguments?: string };
}

export interface TopLogprob {
  token: string;
  logprob: number;
  bytes: number[] | null;
}

export interface ChatLogprobs {
  content: (TopLogprob & { top_logprobs: TopLogprob[] })[];
}

export interface CompletionLogprobs {
  text_offset: number[];
  token_logprobs: (number | null)[];
  tokens: string[];
  top_logprobs: (Record<string, number> | null)[];
}

export interface ChatMessage {
  role: string;
  content: string | null;
  refusal: null;
  annotations: null;
  audio: null;
  function_call: null;
  /** Not on the wire when the model called none. */
  tool_calls?: ToolCall[];
  reasoning: string | null;
}

export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  /** Seconds since the Unix epoch. */
  created: number;
  model: string;
  choices: ChatChoice[];
  service_tier: null;
  system_fingerprint: string | null;
  usage: Usage;
  prompt_logprobs: null;
  prompt_token_ids: number[] | null;
  prompt_text: null;
  kv_transfer_params: Record<string, unknown> | null;
  ec_transfer_params: null;
  metrics: null;
}

export interface ChatChoice {
  index: number;
  message: ChatMessage;
  logprobs: ChatLogprobs | null;
  finish_reason: string;
  stop_reason: string | number | null;
  token_ids: number[] | null;
  routed_experts: null;
}

/** First chunk: role delta, `prompt_token_ids` and `prompt_text` at the top. Last one: `choices: []` with usage, on request. */
export interface ChatCompletionChunk {
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  choices: ChatChunkChoice[];
  usage?: Usage;
  /** Without include_usage on every chunk that has a finish_reason; with it on the usage chunk only. */
  system_fingerprint?: string;
  prompt_token_ids?: number[] | null;
  prompt_text?: null;
}

export interface ChatChunkChoice {
  index: number;
  delta: { role?: string; content?: string; reasoning?: string; tool_calls?: ToolCallDelta[] };
  logprobs: ChatLogprobs | null;
  finish_reason: string | null;
  /** Only beside a finish_reason. */
  stop_reason?: string | number | null;
  /** Absent on the role chunk. */
  token_ids?: number[] | null;
}

export interface Completion {
  id: string;
  object: "text_completion";
  created: number;
  model: string;
  choices: CompletionChoice[];
  service_tier: null;
  system_fingerprint: string | null;
  usage: Usage;
  kv_transfer_params: Record<string, unknown> | null;
  ec_transfer_params: null;
  metrics: null;
}

export interface CompletionChoice {
  index: number;
  text: string;
  logprobs: CompletionLogprobs | null;
  finish_reason: string;
  stop_reason: string | number | null;
  token_ids: number[] | null;
  prompt_logprobs: null;
  prompt_token_ids: number[] | null;
  routed_experts: null;
}

export interface CompletionChunk {
  id: string;
  object: "text_completion";
  created: number;
  model: string;
  choices: CompletionChunkChoice[];
  usage?: Usage;
  system_fingerprint?: string;
}

export interface CompletionChunkChoice {
  index: number;
  text: string;
  logprobs: CompletionLogprobs | null;
  finish_reason: string | null;
  stop_reason: string | number | null;
  prompt_token_ids: number[] | null;
  token_ids: number[] | null;
}

export interface ModelList {
  object: "list";
  data: ModelCard[];
}

export interface ModelCard {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
  root: string;
  parent: string | null;
  max_model_len: number;
  permission: ModelPermission[];
}

export interface ModelPermission {
  id: string;
  object: "model_permission";
  created: number;
  allow_create_engine: boolean;
  allow_sampling: boolean;
  allow_logprobs: boolean;
  allow_search_indices: boolean;
  allow_view: boolean;
  allow_fine_tuning: boolean;
  organization: string;
  group: null;
  is_blocking: boolean;
}
