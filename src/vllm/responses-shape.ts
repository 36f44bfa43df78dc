// The body that vLLM 0.32 answers /v1/responses with, members in the order it writes them.

export interface ResponsesUsage {
  input_tokens: number;
  input_tokens_details: {
    cached_tokens: number;
    cache_write_tokens: number;
    input_tokens_per_turn: number[];
    cached_tokens_per_turn: number[];
  };
  output_tokens: number;
  output_tokens_details: {
    reasoning_tokens: number;
    tool_output_tokens: number;
    output_tokens_per_turn: number[];
    tool_output_tokens_per_turn: number[];
  };
  total_tokens: number;
}

export interface ResponsesMessage {
  id: string;
  content: { annotations: []; text: string; type: "output_text"; logprobs: null }[];
  role: "assistant";
  status: "completed" | "incomplete" | "in_progress";
  type: "message";
  phase: null;
}

export interface ResponsesReply {
  id: string;
  created_at: number;
  incomplete_details: { reason: string } | null;
  instructions: string | null;
  metadata: Record<string, string> | null;
  model: string;
  object: "response";
  output: ResponsesMessage[];
  parallel_tool_calls: boolean;
  temperature: number;
  tool_choice: unknown;
  tools: unknown[];
  top_p: number;
  background: boolean;
  max_output_tokens: number;
  max_tool_calls: null;
  previous_response_id: string | null;
  prompt: null;
  reasoning: unknown;
  service_tier: string;
  status: "completed" | "incomplete" | "in_progress" | "failed" | "cancelled" | "queued";
  text: unknown;
  top_logprobs: number | null;
  truncation: string;
  usage: ResponsesUsage | null;
  user: string | null;
  presence_penalty: number;
  frequency_penalty: number;
  kv_transfer_params: null;
  ec_transfer_params: null;
  input_messages: null;
  output_messages: null;
}
